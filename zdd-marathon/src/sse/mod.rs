//! Server-sent events: bytes, in pieces of any size, to messages.
//!
//! The [`Decoder`] follows the [standard](https://html.spec.whatwg.org/multipage/server-sent-events.html)
//! to the letter: lines end with CR, LF or CRLF, one byte order mark is passed over, comments and
//! unknown fields mean nothing, `data` may have several lines, `id` lasts, and an event that is not
//! finished is no event. Where the pieces are cut makes no difference.
//!
//! It knows nothing of Marathon, and it never holds more than it is [told](Decoder::with_limit).

mod decoder;

pub use decoder::{Decoder, Item, Message};
