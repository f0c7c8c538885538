//! The guard of every route of the dashboard. The routes come from the dashboard's own list.

use super::browser::Browser;
use crate::dashboard::{
    headers::{CONTENT_SECURITY_POLICY, PROTECTIVE},
    route::Access,
    routes,
};

/// Each route as a request: its access, method and path.
fn requests() -> Vec<(Access, &'static str, String)> {
    let filled = |path: &str| {
        path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect::<Vec<_>>().join("/")
    };
    let method = |access| if matches!(access, Access::SignIn | Access::Change) { "POST" } else { "GET" };
    routes().iter().map(|route| (route.access, method(route.access), filled(route.path))).collect()
}

/// Returns the headers of a correct request.
fn right(access: Access, cookie: &str) -> String {
    let json = "content-type: application/json\r\ncontent-length: 2\r\n";
    match access {
        Access::Page | Access::Asset => String::new(),
        Access::SignIn => json.to_owned(),
        Access::Read => format!("cookie: a=b; {cookie}\r\n"),
        Access::Change => format!("cookie: {cookie}\r\n{json}"),
    }
}

#[tokio::test]
async fn every_route_refuses_who_is_foreign() {
    let browser = Browser::open().await;
    let port = browser.authority.rsplit_once(':').unwrap().1;
    let own = &browser.authority;
    for (access, method, path) in requests() {
        let right = right(access, &browser.cookie);
        let ask = async |headers: &str| browser.ask(method, &path, &format!("{headers}{right}"), "{}").await;
        for host in [
            "evil.test".to_owned(),
            format!("evil.test:{port}"),
            format!("localhost.evil.test:{port}"),
            format!("127.0.0.2:{port}"),
            format!("LOCALHOST:{port}"),
            "127.0.0.1".to_owned(),
            "127.0.0.1:1".to_owned(),
            format!("{own}\r\nhost: {own}"),
            String::new(),
        ] {
            let answer = ask(&format!("host: {host}\r\n")).await;
            // Every HTTP server calls two of these hosts malformed.
            assert!(answer.status == 403 || answer.status == 400, "{path} by the host {host}: {}", answer.status);
        }
        for origin in [
            "null",
            "http://evil.test",
            "http://127.0.0.1:1",
            &format!("https://{own}"),
            &format!("http://localhost:{port}"),
            "",
        ] {
            assert_eq!(ask(&format!("origin: {origin}\r\n")).await.status, 403, "{path} by a page of {origin}");
        }
        let two = format!("origin: http://{own}\r\norigin: http://evil.test\r\n");
        assert_eq!(ask(&two).await.status, 403, "{path} by two origins");
        for site in ["cross-site", "same-site", "other"] {
            assert_eq!(ask(&format!("sec-fetch-site: {site}\r\n")).await.status, 403, "{path} by a page of a {site}");
        }
        // A link on another site may lead to the page, and to nothing else.
        let link = "sec-fetch-site: cross-site\r\nsec-fetch-mode: navigate\r\nsec-fetch-dest: document\r\n";
        assert_eq!(ask(link).await.status == 403, access != Access::Page, "{path} by a link");
    }
}

#[tokio::test]
async fn every_route_that_holds_data_wants_the_cookie_and_every_change_wants_json() {
    let browser = Browser::open().await;
    let (name, value) = browser.cookie.split_once('=').unwrap();
    let other = format!("cookie: {name}={}\r\n", value.to_lowercase());
    let of_another_port = format!("cookie: local-azure-1={value}\r\n");
    let json = "content-type: application/json\r\ncontent-length: 2\r\n";
    let mut tried = 0;
    for (access, method, path) in requests() {
        let ask = async |headers: &str| browser.ask(method, &path, headers, "{}").await.status;
        let cookie = format!("cookie: {}\r\n", browser.cookie);
        if matches!(access, Access::Read | Access::Change) {
            for cookie in ["", &other, &of_another_port] {
                assert_eq!(ask(&format!("{cookie}{json}")).await, 401, "{path} with {cookie:?}");
            }
            tried += 1;
        }
        if matches!(access, Access::SignIn | Access::Change) {
            for kind in ["", "content-type: text/plain\r\n", "content-type: application/x-www-form-urlencoded\r\n"] {
                assert_eq!(ask(&format!("{cookie}{kind}content-length: 2\r\n")).await, 415, "{path} with {kind:?}");
            }
        }
        let right = format!(
            "host: {}\r\norigin: http://{}\r\nsec-fetch-site: same-origin\r\n{}",
            browser.authority,
            browser.authority,
            right(access, &browser.cookie)
        );
        let status = ask(&right).await;
        assert!(!matches!(status, 401 | 403 | 405 | 415), "{path} is open to the dashboard's own page: {status}");
    }
    assert!(tried > 3);
}

#[tokio::test]
async fn every_answer_tells_the_browser_what_to_refuse() {
    let browser = Browser::open().await;
    for (access, method, path) in requests() {
        for headers in [right(access, &browser.cookie), "host: evil.test\r\n".to_owned()] {
            let answer = browser.ask(method, &path, &headers, "{}").await;
            for (name, value) in PROTECTIVE {
                assert_eq!(answer.header(name.as_str()), Some(value), "{path}");
            }
        }
    }
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ] {
        assert!(CONTENT_SECURITY_POLICY.contains(part));
    }
    assert!(!CONTENT_SECURITY_POLICY.contains("unsafe"));
}

#[tokio::test]
async fn the_token_of_the_run_is_traded_for_a_cookie_and_no_other_is() {
    let browser = Browser::open().await;
    let url = browser.azure.dashboard().url();
    let token = url.split_once("#t=").unwrap().1;
    assert_eq!(token.len(), 43, "256 bits");
    let answer = browser.sign_in(token).await;
    let cookie = answer.header("set-cookie").unwrap().to_owned();
    let port = browser.authority.rsplit_once(':').unwrap().1;
    assert!(cookie.starts_with(&format!("local-azure-{port}=")), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{cookie}");
    assert!(!cookie.contains(token), "the cookie does not open another browser");
    for wrong in ["", "a", &token[1..], &token.to_lowercase()] {
        let answer = browser.sign_in(wrong).await;
        assert_eq!((answer.status, answer.header("set-cookie")), (401, None));
        assert!(answer.text().await.contains("WrongToken"));
    }
    // The page itself holds no data, and no request carries the token.
    let page = browser.ask("GET", "/", "", "").await.text().await;
    assert!(page.contains("/dashboard/page/main.js") && !page.contains(token));
}

#[tokio::test]
async fn commands_at_the_same_address_keep_their_own_guard() {
    let browser = Browser::open().await;
    let cookie = format!("cookie: {}\r\ncontent-length: 0\r\n", browser.cookie);
    assert_eq!(browser.ask("POST", crate::control::JOURNAL, &cookie, "").await.status, 403);
    assert_eq!(browser.ask("GET", "/other", &cookie, "").await.status, 405);
}
