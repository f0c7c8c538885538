//! Lease Blob and Lease Container: <https://learn.microsoft.com/rest/api/storageservices/lease-blob>.

use axum::response::Response;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    answer::{self, insert},
    call::BlobCall,
    conditions::{self, Conditions},
    error::BlobError,
    lease::{Lease, LeaseRefusal, Leased, Length},
    name::BlobName,
    request_headers::text,
    store::{Blob, ContainerState, EtagChange},
};

/// The longest lease with an end and the longest wait for a break, in seconds.
const LONGEST_LEASE: u32 = 60;
const SHORTEST_LEASE: u32 = 15;

#[derive(Clone, Copy)]
enum Action {
    Acquire { proposed: Option<Uuid>, length: Length },
    Renew { id: Uuid },
    Change { id: Uuid, new: Uuid },
    Release { id: Uuid },
    Break { after: Option<u32> },
}

/// Lease Blob. The blob's `ETag` and time do not change.
pub(super) async fn of_blob(call: &BlobCall<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    let action = Action::read(&call.parts.headers)?;
    let conditions = call.conditions()?;
    let (container, owned) = (call.container.to_owned(), name.0.to_owned());
    let now = Timestamp::now();
    let work = move |blob: &mut Blob, conditions: &Conditions| {
        conditions.check_blob(blob)?;
        blob.lease = action.on(&blob.lease, now).map_err(|refusal| BlobError::Lease(refusal, Leased::Blob))?;
        Ok(())
    };
    let (blob, ()) =
        call.run(move |store| store.update(&container, BlobName(&owned), &conditions, EtagChange::No, work)).await?;
    Ok(action.answer(&blob.lease, now, answer::changed(action.status(), &blob.etag, blob.last_modified)))
}

/// Lease Container, which guards against deletion:
/// <https://learn.microsoft.com/rest/api/storageservices/lease-container>.
pub(super) async fn of_container(call: &BlobCall<'_>) -> Result<Response, BlobError> {
    let action = Action::read(&call.parts.headers)?;
    let conditions = call.conditions()?;
    let name = call.container.to_owned();
    let now = Timestamp::now();
    let work = move |state: &mut ContainerState| {
        conditions.check_state(&state.etag, state.last_modified)?;
        state.lease = action.on(&state.lease, now).map_err(|refusal| BlobError::Lease(refusal, Leased::Container))?;
        Ok(())
    };
    let state = call.run(move |store| store.change_container(&name, EtagChange::No, work)).await?;
    Ok(action.answer(&state.lease, now, answer::changed(action.status(), &state.etag, state.last_modified)))
}

impl Action {
    fn read(headers: &HeaderMap) -> Result<Self, BlobError> {
        const NAME: &str = "x-ms-lease-action";
        let id =
            || conditions::uuid(headers, "x-ms-lease-id")?.ok_or(BlobError::MissingRequiredHeader("x-ms-lease-id"));
        let proposed = || conditions::uuid(headers, "x-ms-proposed-lease-id");
        let needed = BlobError::MissingRequiredHeader("x-ms-proposed-lease-id");
        match text(headers, NAME)?.map(str::to_ascii_lowercase).as_deref() {
            Some("acquire") => Ok(Self::Acquire { proposed: proposed()?, length: length(headers)? }),
            Some("renew") => Ok(Self::Renew { id: id()? }),
            Some("change") => Ok(Self::Change { id: id()?, new: proposed()?.ok_or(needed)? }),
            Some("release") => Ok(Self::Release { id: id()? }),
            Some("break") => Ok(Self::Break { after: break_period(headers)? }),
            Some(other) => Err(invalid(NAME, other)),
            None => Err(BlobError::MissingRequiredHeader(NAME)),
        }
    }

    fn on(self, lease: &Lease, now: Timestamp) -> Result<Lease, LeaseRefusal> {
        match self {
            Self::Acquire { proposed, length } => lease.acquire(proposed, length, now),
            Self::Renew { id } => lease.renew(id, now),
            Self::Change { id, new } => lease.change(id, new, now),
            Self::Release { id } => lease.release(id),
            Self::Break { after } => lease.end(after, now),
        }
    }

    const fn status(self) -> StatusCode {
        match self {
            Self::Acquire { .. } => StatusCode::CREATED,
            Self::Renew { .. } | Self::Change { .. } | Self::Release { .. } => StatusCode::OK,
            Self::Break { .. } => StatusCode::ACCEPTED,
        }
    }

    fn answer(self, lease: &Lease, now: Timestamp, mut response: Response) -> Response {
        match (self, lease.id()) {
            (Self::Break { .. }, _) => {
                insert(response.headers_mut(), "x-ms-lease-time", &lease.seconds_left(now).to_string());
            }
            (_, Some(id)) => insert(response.headers_mut(), "x-ms-lease-id", &id.to_string()),
            (_, None) => {}
        }
        response
    }
}

/// Reads the duration: 15 to 60 seconds, or -1 for a lease without end.
fn length(headers: &HeaderMap) -> Result<Length, BlobError> {
    const NAME: &str = "x-ms-lease-duration";
    let value = text(headers, NAME)?.ok_or(BlobError::MissingRequiredHeader(NAME))?;
    match value.parse() {
        Ok(-1) => Ok(Length::Infinite),
        Ok(seconds) => match u32::try_from(seconds) {
            Ok(seconds) if (SHORTEST_LEASE..=LONGEST_LEASE).contains(&seconds) => Ok(Length::Seconds(seconds)),
            _ => Err(invalid(NAME, value)),
        },
        Err(_) => Err(invalid(NAME, value)),
    }
}

fn break_period(headers: &HeaderMap) -> Result<Option<u32>, BlobError> {
    const NAME: &str = "x-ms-lease-break-period";
    let Some(value) = text(headers, NAME)? else { return Ok(None) };
    let seconds = value.parse().ok().filter(|seconds| *seconds <= LONGEST_LEASE);
    seconds.map(Some).ok_or_else(|| invalid(NAME, value))
}

fn invalid(name: &str, value: &str) -> BlobError {
    BlobError::InvalidHeaderValue { name: name.to_owned(), value: value.to_owned() }
}
