//! Reads answers, bounded in size and time.

use std::time::Duration;

use reqwest::Response;
use tokio::time::timeout;

use super::failure;

/// Why a body could not be read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BodyError {
    /// It is larger than this many bytes.
    TooLarge(usize),
    /// It ended early, or stood still.
    Cut(String),
}

/// The whole body.
pub(super) async fn read(
    mut response: Response,
    max: usize,
    silence: Duration,
) -> Result<Vec<u8>, BodyError> {
    let announced = response.content_length().and_then(|n| usize::try_from(n).ok());
    if announced.is_some_and(|n| n > max) {
        return Err(BodyError::TooLarge(max));
    }
    // What is announced need not come: only a little is set aside for it before it does.
    let mut body = Vec::with_capacity(announced.unwrap_or(0).min(1 << 20));
    loop {
        match timeout(silence, response.chunk()).await {
            Err(_) => return Err(BodyError::Cut("its answer stood still".into())),
            Ok(Err(error)) => {
                return Err(BodyError::Cut(format!(
                    "its answer broke off: {}",
                    failure::words(&error)
                )));
            }
            Ok(Ok(None)) => return Ok(body),
            Ok(Ok(Some(chunk))) if body.len() + chunk.len() > max => {
                return Err(BodyError::TooLarge(max));
            }
            Ok(Ok(Some(chunk))) => body.extend_from_slice(&chunk),
        }
    }
}
