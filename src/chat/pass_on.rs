//! Passes a streamed answer to the caller, event by event and byte for byte.
//!
//! A task reads the model's events and passes them to the response one at a time. The app thus notices a caller that
//! leaves before the next event. A caller that stops reading does not hold the call for ever. The exchange is stored in
//! every case.

use std::{io, time::Duration};

use bytes::Bytes;
use functions_handler::axum::body::Body;
use futures_util::{Stream, StreamExt as _, stream};
use keyless::openai::{ModelEvent, ModelEvents};
use serde_json::json;
use tokio::{
    select, spawn,
    sync::mpsc::{self, Receiver, Sender},
    time::timeout,
};
use tracing::{info, warn};

use super::archive::Exchange;

/// The time in which a caller must take one event. A slow caller holds the model's work and a place of the app.
const LONGEST_STALL: Duration = Duration::from_secs(60);

/// A piece for the caller. The end is a piece too, so an answer that was cut does not look complete.
enum Piece {
    Bytes(Bytes),
    End,
}

/// The outcome of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Complete,
    ModelFailed,
    CallerLeft,
    CallerStalled,
}

/// Returns the body of the response. Dropping it also drops the call of the model.
pub(crate) fn pass_on(events: ModelEvents, mut exchange: Exchange) -> Body {
    let (caller, pieces) = mpsc::channel(1);
    spawn(async move {
        let outcome = pump(events.into_stream(), &mut exchange, &caller).await;
        match outcome {
            Outcome::Complete | Outcome::ModelFailed => {}
            Outcome::CallerLeft => info!("the caller left before the answer was complete"),
            Outcome::CallerStalled => warn!("the caller took none of the answer for 60 seconds"),
        }
        exchange.keep(outcome == Outcome::Complete).await;
        if matches!(outcome, Outcome::Complete | Outcome::ModelFailed) {
            // A caller that has left by now has received the whole answer.
            let _ = caller.send(Piece::End).await;
        }
    });
    Body::from_stream(body(pieces))
}

async fn pump(
    events: impl Stream<Item = Result<ModelEvent, keyless::Error>>,
    exchange: &mut Exchange,
    caller: &Sender<Piece>,
) -> Outcome {
    let mut events = Box::pin(events);
    loop {
        let event = select! {
            biased;
            () = caller.closed() => return Outcome::CallerLeft,
            event = events.next() => event,
        };
        let piece = match event {
            None => return Outcome::Complete,
            Some(Ok(event)) => {
                exchange.heard(&event);
                event.raw().clone()
            }
            Some(Err(failure)) => {
                warn!(error = %failure, cause = ?failure, "the answer of the model broke off");
                let frame = error_frame(&failure);
                let _ = timeout(LONGEST_STALL, caller.send(Piece::Bytes(frame))).await;
                return Outcome::ModelFailed;
            }
        };
        if let Err(outcome) = hand_on(caller, piece).await {
            return outcome;
        }
    }
}

/// Passes one piece to the caller. The error says how the answer ends without it.
async fn hand_on(caller: &Sender<Piece>, piece: Bytes) -> Result<(), Outcome> {
    match timeout(LONGEST_STALL, caller.send(Piece::Bytes(piece))).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(Outcome::CallerLeft),
        Err(_) => Err(Outcome::CallerStalled),
    }
}

/// Makes an error event, as clients of chat completions understand it, because the status is already sent. No `[DONE]`
/// follows.
fn error_frame(failure: &keyless::Error) -> Bytes {
    let error = json!({ "error": { "code": failure.code(), "message": failure.message() } });
    format!("data: {error}\n\n").into()
}

fn body(pieces: Receiver<Piece>) -> impl Stream<Item = Result<Bytes, io::Error>> {
    stream::unfold(Some(pieces), async |pieces| {
        let mut pieces = pieces?;
        match pieces.recv().await {
            Some(Piece::Bytes(bytes)) => Some((Ok(bytes), Some(pieces))),
            Some(Piece::End) => None,
            None => Some((Err(io::Error::other("the answer was cut")), None)),
        }
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use tokio::{sync::mpsc, time::Instant};

    use super::{LONGEST_STALL, Outcome, hand_on};

    const PIECE: Bytes = Bytes::from_static(b"data: a\n\n");

    #[tokio::test(start_paused = true)]
    async fn a_caller_that_stops_reading_is_left_after_sixty_seconds_and_one_that_reads_is_not() {
        let (caller, mut pieces) = mpsc::channel(1);
        assert_eq!(hand_on(&caller, PIECE).await, Ok(()), "one piece is on its way");
        let began = Instant::now();
        assert_eq!(hand_on(&caller, PIECE).await, Err(Outcome::CallerStalled));
        assert_eq!(began.elapsed().as_secs(), LONGEST_STALL.as_secs());
        assert!(pieces.recv().await.is_some());
        assert_eq!(hand_on(&caller, PIECE).await, Ok(()), "it reads again");
        drop(pieces);
        assert_eq!(hand_on(&caller, PIECE).await, Err(Outcome::CallerLeft));
    }
}
