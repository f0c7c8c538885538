//! `follow-redirects` of `forward-request`: sends the requests that the backend's redirects ask for.
//!
//! The documentation says only that redirects are followed. Here they follow RFC 9110 (section 15.4) and the habits of
//! clients: `POST` becomes `GET` after 301 and 302, and no redirect leads from https to http. Credentials are not sent
//! to another origin. After ten redirects the caller gets the next one. Each request has the full time limit.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, header, request::Builder};
use url::Url;

use super::prelude::*;
use crate::{expression::Response, outside::NoReply, run::seen};

/// The largest number of redirects that are followed.
const MOST_REDIRECTS: usize = 10;

/// The backend's response as expressions see it, and its body.
pub(super) type BackendAnswer<O> = Result<(Response, <O as Outside>::Body), NoReply>;

/// A request that can be sent again.
#[derive(Debug)]
pub(super) struct Repeatable {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Bytes,
}

impl Repeatable {
    /// Takes a request whose body has been read. Returns `None` if its URL is not absolute.
    pub(super) fn from_request<B>(request: &Request<B>, body: Bytes) -> Option<Self> {
        let url = Url::parse(&request.uri().to_string()).ok()?;
        Some(Self { method: request.method().clone(), url, headers: request.headers().clone(), body })
    }

    /// Follows the redirects, until an answer is not a redirect.
    pub(super) async fn follow<O: Outside>(
        mut self,
        first: BackendAnswer<O>,
        timeout: Duration,
        run: &mut Run<'_, O>,
    ) -> BackendAnswer<O> {
        let mut answer = first;
        for _ in 0..MOST_REDIRECTS {
            let (response, body) = answer?;
            let Some(url) = self.target(&response) else { return Ok((response, body)) };
            drop(body);
            // The query may hold a key.
            run.trace(|| {
                let host = url.host_str().unwrap_or_default();
                format!("follows {} to {}://{host}{}", response.status_code, url.scheme(), url.path())
            });
            self.turn(url, response.status_code);
            let request = self.request().body(O::Body::from(self.body.clone()));
            let request = request.map_err(|error| NoReply::Unreachable(format!("{}: {error}", self.url)))?;
            answer = run.outside.forward(request, timeout).await.map(seen);
        }
        answer
    }

    /// Returns the target of a redirect; `None` if the answer is not a redirect to follow.
    fn target(&self, response: &Response) -> Option<Url> {
        if !matches!(response.status_code, 301 | 302 | 303 | 307 | 308) {
            return None;
        }
        let location = response.headers.get(header::LOCATION)?.to_str().ok()?;
        let mut url = self.url.join(location).ok()?;
        url.set_fragment(None);
        let keeps_secret = self.url.scheme() == "http" || url.scheme() == "https";
        (matches!(url.scheme(), "http" | "https") && keeps_secret && url.has_host()).then_some(url)
    }

    /// Becomes the request for the target.
    fn turn(&mut self, url: Url, status: u16) {
        let becomes_get = match status {
            303 => self.method != Method::HEAD,
            301 | 302 => self.method == Method::POST,
            _ => false,
        };
        if becomes_get {
            self.method = Method::GET;
            self.body = Bytes::new();
            let of_the_body = [
                header::CONTENT_ENCODING,
                header::CONTENT_LANGUAGE,
                header::CONTENT_LENGTH,
                header::CONTENT_LOCATION,
                header::CONTENT_TYPE,
                header::TRANSFER_ENCODING,
            ];
            of_the_body.iter().for_each(|name| drop(self.headers.remove(name)));
        }
        if url.origin() != self.url.origin() {
            [header::AUTHORIZATION, header::COOKIE, header::HOST]
                .iter()
                .for_each(|name| drop(self.headers.remove(name)));
        }
        self.url = url;
    }

    fn request(&self) -> Builder {
        let mut request = Request::builder().method(self.method.clone()).uri(self.url.as_str());
        if let Some(headers) = request.headers_mut() {
            headers.clone_from(&self.headers);
        }
        request
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{Request, Response};

    use crate::{
        Outcome, State,
        rig::{World, document},
    };

    const FOLLOW: &str = "<forward-request follow-redirects=\"true\" />";

    fn redirect(world: &World, status: u16, location: &str) {
        let response = Response::builder().status(status).header("location", location);
        world.answers.lock().unwrap().push_back(Ok(response.body(Bytes::from_static(b"elsewhere")).unwrap()));
    }

    async fn send(world: &World, method: &str, backend: &str) -> Outcome<Bytes> {
        let request = Request::builder().method(method).uri("/orders/7?q=1").header("authorization", "Bearer t");
        let request = request.header("content-type", "text/plain").body(Bytes::from_static(b"body")).unwrap();
        world.run(&document("", backend, "", ""), request, &State::default()).await
    }

    /// Describes the last request that reached a backend: method, URL, body, and which of two headers it has.
    fn last(world: &World) -> String {
        let forwarded = world.forwarded.lock().unwrap();
        let request = forwarded.last().unwrap();
        let has = |name: &'static str| if request.headers().contains_key(name) { name } else { "-" };
        let body = String::from_utf8(request.body().to_vec()).unwrap();
        format!("{} {} {body} {} {}", request.method(), request.uri(), has("authorization"), has("content-type"))
    }

    #[tokio::test]
    async fn method_and_body_stay_unless_the_status_says_otherwise() {
        for (method, status, expected) in [
            ("GET", 301, "GET https://backend.test/base/new body authorization content-type"),
            ("POST", 301, "GET https://backend.test/base/new  authorization -"),
            ("POST", 302, "GET https://backend.test/base/new  authorization -"),
            ("PUT", 302, "PUT https://backend.test/base/new body authorization content-type"),
            ("PUT", 303, "GET https://backend.test/base/new  authorization -"),
            ("HEAD", 303, "HEAD https://backend.test/base/new body authorization content-type"),
            ("POST", 307, "POST https://backend.test/base/new body authorization content-type"),
            ("POST", 308, "POST https://backend.test/base/new body authorization content-type"),
        ] {
            let world = World::new();
            redirect(&world, status, "/base/new#part");
            let outcome = send(&world, method, FOLLOW).await;
            assert_eq!((outcome.response.status().as_u16(), outcome.response.body().as_ref()), (200, &b"backend"[..]));
            assert_eq!(last(&world), expected, "{method} {status}");
        }
    }

    #[tokio::test]
    async fn credentials_stay_at_their_origin() {
        let world = World::new();
        redirect(&world, 307, "https://other.test/x?y=z");
        redirect(&world, 307, "https://backend.test/back");
        send(&world, "GET", FOLLOW).await;
        assert_eq!(world.forwarded.lock().unwrap()[1].uri(), "https://other.test/x?y=z");
        // The removed credentials do not come back.
        assert_eq!(last(&world), "GET https://backend.test/back body - content-type");
        assert!(!world.traces.lock().unwrap().concat().contains("y=z"));
    }

    #[tokio::test]
    async fn some_redirects_go_to_the_caller() {
        for (status, location) in [
            (307, "http://backend.test/in-clear"),
            (307, "ftp://backend.test/"),
            (300, "/new"),
            (304, "/new"),
            (307, "https://"),
        ] {
            let world = World::new();
            redirect(&world, status, location);
            let outcome = send(&world, "GET", FOLLOW).await;
            assert_eq!((outcome.response.status().as_u16(), outcome.last_error), (status, None), "{location}");
            assert_eq!(world.forwarded.lock().unwrap().len(), 1, "{location}");
        }
        for backend in ["<forward-request />", "<forward-request follow-redirects=\"@(false)\" />"] {
            let world = World::new();
            redirect(&world, 307, "/new");
            assert_eq!(send(&world, "GET", backend).await.response.status(), 307);
        }
        let world = World::new();
        world.answer(302, "nowhere");
        assert_eq!(send(&world, "GET", FOLLOW).await.response.status(), 302);
    }

    #[tokio::test]
    async fn a_circle_comes_to_an_end() {
        let world = World::new();
        (0..99).for_each(|_| redirect(&world, 302, "/again"));
        let outcome = send(&world, "GET", "<forward-request follow-redirects=\"@(1 == 1)\" />").await;
        assert_eq!((outcome.response.status().as_u16(), world.forwarded.lock().unwrap().len()), (302, 11));
    }

    #[tokio::test]
    async fn a_place_that_does_not_answer_fails_the_request() {
        let world = World::new();
        redirect(&world, 302, "https://gone.test/");
        let refused = crate::NoReply::Unreachable("connection refused".to_owned());
        world.answers.lock().unwrap().push_back(Err(refused));
        let error = send(&world, "GET", FOLLOW).await.last_error.unwrap();
        assert_eq!(error.to_string(), "BackendConnectionFailure: connection refused");
    }
}
