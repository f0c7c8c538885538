//! A static chat page. It calls `chat`, and asks the user for that function's key. The page contains no data of this
//! app.

use functions_handler::{
    axum::response::{IntoResponse, Response},
    http::{
        HeaderName,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
            X_FRAME_OPTIONS,
        },
    },
};

const PAGE: &str = include_str!("chat_page.html");

/// The content security policy. It allows only the page's own style and script, by their hashes, and calls to its own
/// origin. A test compares the hashes.
const POLICY: &str = "default-src 'none'; \
    style-src 'sha256-hH6vFSl629nWD78h/mUdmvqOsB/rNl18td9mM0Q6Ozg='; \
    script-src 'sha256-ic8OH5aOviILNeIQx6hnaUfCelzgYw5G8m3WRO1g7o0='; \
    connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

pub(crate) async fn run() -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (OPENER, "same-origin"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, PAGE).into_response()
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use sha2::{Digest as _, Sha256};

    use super::*;

    /// Returns the content of the one element of this name.
    fn inside(element: &str) -> &'static str {
        let (_, rest) = PAGE.split_once(&format!("<{element}>")).unwrap();
        let (inside, rest) = rest.split_once(&format!("</{element}>")).unwrap();
        assert!(!rest.contains(&format!("<{element}")), "there is one {element}");
        inside
    }

    #[test]
    fn the_policy_names_the_hashes_of_style_and_script() {
        for element in ["style", "script"] {
            let hash = STANDARD.encode(Sha256::digest(inside(element)));
            assert!(POLICY.contains(&format!("{element}-src 'sha256-{hash}';")), "{element}-src 'sha256-{hash}'");
        }
        assert!(!POLICY.contains("unsafe") && !POLICY.contains('*'));
    }

    #[test]
    fn the_page_loads_nothing_and_has_no_style_or_script_in_attributes() {
        for outside in ["http:", "https:", "//", "src=", "@import", "url(", " style=", " onclick=", "javascript:"] {
            let found = PAGE.lines().find(|line| line.contains(outside) && !line.trim_start().starts_with("//"));
            assert_eq!(found, None, "{outside}");
        }
    }

    #[test]
    fn the_key_stays_in_the_tab() {
        assert!(PAGE.contains("sessionStorage") && !PAGE.contains("localStorage") && !PAGE.contains("cookie"));
    }
}
