//! A response that ends its connection.

use std::{convert::Infallible, io};

use axum::response::Response;

/// A response with this extension is never sent: its connection ends instead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut;

/// Returns the response of a service, or the error that ends its connection.
pub(crate) fn uncut(response: Result<Response, Infallible>) -> Result<Response, io::Error> {
    match response {
        Ok(response) if response.extensions().get::<Cut>().is_some() => {
            Err(io::Error::from(io::ErrorKind::ConnectionReset))
        }
        Ok(response) => Ok(response),
        Err(never) => match never {},
    }
}
