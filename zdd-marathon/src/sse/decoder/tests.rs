use proptest::prelude::*;

use super::*;

/// What a stream says, owned: name, data and id; or the name of an event that was too large.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Said {
    Event(String, String, String),
    TooLarge(String),
}

fn feed(decoder: &mut Decoder, piece: &[u8], said: &mut Vec<Said>) {
    let mut rest = piece;
    while let Some(item) = decoder.next(&mut rest) {
        said.push(match item {
            Item::Message(message) => {
                Said::Event(message.name.into(), message.text().into_owned(), message.id.into())
            }
            Item::Oversized { name } => Said::TooLarge(name.into()),
        });
    }
    assert!(rest.is_empty(), "all of a piece is read");
}

fn decode<'p>(limit: usize, pieces: impl IntoIterator<Item = &'p [u8]>) -> Vec<Said> {
    let (mut decoder, mut said) = (Decoder::with_limit(limit), Vec::new());
    for piece in pieces {
        feed(&mut decoder, piece, &mut said);
        assert!(decoder.held_bytes() <= limit + 4 * MAX_WORD * 3, "{}", decoder.held_bytes());
    }
    said
}

fn whole(stream: &[u8]) -> Vec<Said> {
    decode(Decoder::LIMIT, [stream])
}

fn event(name: &str, data: &str, id: &str) -> Said {
    Said::Event(name.into(), data.into(), id.into())
}

/// Everything that the standard knows, in all three kinds of line ends.
const STREAM: &str = "\u{feff}: a comment\n\
    event: first\ndata: one line\n\n\
    data:no space\rdata:  two spaces\rdata\rdata:\r\r\
    \r\n\r\n\
    event: third\r\nid: 7\r\ndata: {\"ä\": \"€\"}\r\n\r\n\
    event: nobody sees this\n\n\
    retry: 1500\nretry: 15x\nunknown: field\nnonsense\ndata: id stays\n\n\
    id: 8\n\n\
    id\ndata: id is gone\n\n\
    id: a\0b\ndata: \u{feff}mark\n\n\
    data: unfinished\n";

fn expected() -> Vec<Said> {
    vec![
        event("first", "one line", ""),
        event("message", "no space\n two spaces\n\n", ""),
        event("third", "{\"ä\": \"€\"}", "7"),
        event("message", "id stays", "7"),
        event("message", "id is gone", ""),
        event("message", "\u{feff}mark", ""),
    ]
}

#[test]
fn the_standard_is_followed() {
    assert_eq!(whole(STREAM.as_bytes()), expected());
    let mut decoder = Decoder::new();
    feed(&mut decoder, STREAM.as_bytes(), &mut Vec::new());
    assert_eq!(decoder.retry(), Some(Duration::from_millis(1500)));
    assert_eq!(decoder.last_id(), None);
}

#[test]
fn where_the_pieces_are_cut_makes_no_difference() {
    let bytes = STREAM.as_bytes();
    for first in 0..=bytes.len() {
        for second in (first..=bytes.len()).step_by(7) {
            let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
            assert_eq!(decode(Decoder::LIMIT, pieces), expected(), "cut at {first} and {second}");
        }
    }
    assert_eq!(decode(Decoder::LIMIT, bytes.chunks(1)), expected());
}

#[test]
fn an_event_is_there_with_its_last_byte() {
    // The line feed of the last CRLF is not waited for.
    let (mut decoder, mut said) = (Decoder::new(), Vec::new());
    feed(&mut decoder, b"data: x\r\n\r", &mut said);
    assert_eq!(said, [event("message", "x", "")]);
    feed(&mut decoder, b"\ndata: y\n", &mut said);
    assert_eq!(said.len(), 1);
    feed(&mut decoder, b"\n", &mut said);
    assert_eq!(said[1], event("message", "y", ""));
}

#[test]
fn data_in_one_piece_is_borrowed() {
    let piece = b"event: e\ndata: {\"a\": 1}\n\n".to_vec();
    let (mut decoder, mut rest) = (Decoder::new(), &piece[..]);
    let Some(Item::Message(message)) = decoder.next(&mut rest) else { panic!("there is one") };
    assert!(piece.as_ptr_range().contains(&message.data.as_ptr()));
}

#[test]
fn a_new_connection_forgets_what_was_not_finished() {
    let (mut decoder, mut said) = (Decoder::new(), Vec::new());
    feed(&mut decoder, b"id: 3\nretry: 9\ndata: x\n\nid: 4\nevent: e\ndata: half", &mut said);
    decoder.restart();
    assert_eq!(decoder.last_id(), Some("3"));
    feed(&mut decoder, b"\xef\xbb\xbfdata: y\n\n", &mut said);
    assert_eq!(said, [event("message", "x", "3"), event("message", "y", "3")]);
    assert_eq!(decoder.retry(), Some(Duration::from_millis(9)));
}

#[test]
fn bytes_that_are_no_text_become_marks() {
    let said = whole(b"event: \xff\ndata: a\xffb\n\n");
    assert_eq!(said, [event("\u{fffd}", "a\u{fffd}b", "")]);
}

#[test]
fn an_event_over_the_limit_is_passed_over() {
    // 32 bytes: the longest line of data has 31 with its field.
    let fits = format!("data: {}", "x".repeat(25));
    assert_eq!(fits.len(), 31);
    for (stream, wanted) in [
        (format!("{fits}\n\n"), event("message", &"x".repeat(25), "")),
        (format!("event: e\n{fits}x\n\n"), Said::TooLarge("e".into())),
        (format!("event: e\ndata: 1\n{fits}\n\n"), Said::TooLarge("e".into())),
        (format!("id: 5\n:{}\n\n", "x".repeat(40)), Said::TooLarge(String::new())),
    ] {
        let stream = format!("{stream}data: next\n\n");
        for cut in 0..=stream.len() {
            let (a, b) = stream.as_bytes().split_at(cut);
            assert_eq!(
                decode(32, [a, b]),
                [wanted.clone(), event("message", "next", "")],
                "{stream:?} cut at {cut}"
            );
        }
    }
}

#[test]
fn long_words_do_not_fill_the_memory() {
    let word = "w".repeat(MAX_WORD);
    let stream =
        format!("event: {word}\ndata: 1\n\nevent: {word}w\ndata: 2\n\nid: {word}w\ndata: 3\n\n");
    let wanted =
        [event(&word, "1", ""), Said::TooLarge(String::new()), Said::TooLarge(String::new())];
    assert_eq!(whole(stream.as_bytes()), wanted);
    assert_eq!(decode(Decoder::LIMIT, stream.as_bytes().chunks(100)), wanted);
}

#[test]
fn a_line_without_end_holds_no_more_than_the_limit() {
    let limit = 1 << 20;
    let mut decoder = Decoder::with_limit(limit);
    let piece = [b'x'; 8192];
    for _ in 0..300 {
        let mut rest = &piece[..];
        assert_eq!(decoder.next(&mut rest), None);
        assert!(decoder.held_bytes() <= limit + 64, "{}", decoder.held_bytes());
    }
    let mut rest: &[u8] = b"\n\n";
    assert_eq!(decoder.next(&mut rest), Some(Item::Oversized { name: "" }));
}

#[test]
fn a_large_event_does_not_keep_its_memory() {
    let mut decoder = Decoder::new();
    let stream = format!("data: {}\n\n", "x".repeat(8 << 20));
    for piece in stream.as_bytes().chunks(16 << 10) {
        let mut rest = piece;
        if let Some(Item::Message(message)) = decoder.next(&mut rest) {
            assert_eq!(message.data.len(), 8 << 20);
        }
    }
    assert_eq!(decoder.next(&mut &b""[..]), None);
    assert!(decoder.held_bytes() <= KEPT + 64, "{}", decoder.held_bytes());
}

/// Streams that have much of what the standard knows, and garbage.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        Just(&b"data"[..]),
        Just(&b"data: "[..]),
        Just(&b"event: "[..]),
        Just(&b"id:"[..]),
        Just(&b"retry:"[..]),
        Just(&b":"[..]),
        Just(&b"\n"[..]),
        Just(&b"\n\n"[..]),
        Just(&b"\r"[..]),
        Just(&b"\r\n"[..]),
        Just(&b"\0"[..]),
        Just(&b"\xef\xbb\xbf"[..]),
        Just(&b"\xff"[..]),
        Just(&b"12"[..]),
        Just(&b"some words that are longer"[..]),
    ];
    prop::collection::vec(word, 0..40).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn any_stream_says_the_same_however_it_is_cut(
        stream in stream(),
        sizes in prop::collection::vec(1..12_usize, 1..8),
        limit in prop_oneof![Just(Decoder::LIMIT), 0..64_usize],
    ) {
        let mut pieces = Vec::new();
        let (mut rest, mut sizes) = (&stream[..], sizes.iter().cycle());
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.len().min(*sizes.next().unwrap()));
            pieces.push(piece);
            rest = after;
        }
        prop_assert_eq!(decode(limit, pieces), decode(limit, [&stream[..]]));
    }

    #[test]
    fn garbage_never_panics(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..30), 0..30)) {
        let stream = pieces.concat();
        let cut = decode(40, pieces.iter().map(Vec::as_slice));
        prop_assert_eq!(cut, decode(40, [&stream[..]]));
    }

    #[test]
    fn the_plain_reading_of_the_standard_agrees(stream in stream()) {
        prop_assert_eq!(whole(&stream), plainly(&stream));
    }
}

/// The standard, line by line, on a stream that is whole and decoded first.
fn plainly(stream: &[u8]) -> Vec<Said> {
    let text = String::from_utf8_lossy(stream);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    let (mut said, mut name, mut data, mut id) =
        (Vec::new(), String::new(), String::new(), String::new());
    // What stands behind the last line end is no line.
    let mut lines: Vec<&str> = lines.split('\n').collect();
    lines.pop();
    for line in lines {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            _ if line.is_empty() => {
                let (name, data) = (std::mem::take(&mut name), std::mem::take(&mut data));
                if let Some(data) = data.strip_suffix('\n') {
                    let name = if name.is_empty() { "message" } else { &name };
                    said.push(event(name, data, &id));
                }
            }
            "event" => name = value.into(),
            "data" => data.extend([value, "\n"]),
            "id" if !value.contains('\0') => id = value.into(),
            _ => {}
        }
    }
    said
}
