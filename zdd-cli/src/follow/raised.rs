//! What is so only for as long as somebody is at it.

use std::cell::Cell;
use std::rc::Rc;

/// Keeps a flag raised for as long as it lives.
pub(super) struct Raised(Rc<Cell<bool>>);

impl Raised {
    pub(super) fn new(flag: &Rc<Cell<bool>>) -> Self {
        flag.set(true);
        Self(flag.clone())
    }
}

impl Drop for Raised {
    fn drop(&mut self) {
        self.0.set(false);
    }
}
