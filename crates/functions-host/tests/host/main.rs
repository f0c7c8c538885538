//! The Functions host with a real handler process (`examples/scripted_handler.rs`, `examples/raw_handler.rs`).
//!
//! Nine sections describe the behaviour of the real host. The name of a test begins with the section that it proves.
//!
//! | section | about |
//! |---|---|
//! | 1 | `host.json`: 1.1 loading and overriding, 1.2 `customHandler`, 1.4 `functionTimeout`, 1.5 HTTP, 1.6 the rest |
//! | 2 | process: 2.1 start, 2.3 environment, 2.4 port, 2.5 executable, 2.7 readiness, 2.8 exit, 2.9 end and restart |
//! | 3 | invocation as JSON: 3.1 request, 3.2 timer, 3.3 HTTP, 3.4 answer, 3.5 HTTP output |
//! | 4 | invocation over HTTP: 4.3 and 4.4 forwarded, 4.6 proxied |
//! | 5 | functions: 5.1 layout, 5.2 members and retries, 5.3 `httpTrigger`, 5.4 routes, 5.5 `%NAME%`, 5.6 disabled |
//! | 6 | authorization: levels and keys |
//! | 7 | timers: 7.1 and 7.2 schedules, 7.3 zones, 7.4 status, 7.5 start, 7.6 each run, 7.8 by hand |
//! | 8 | the admin API |
//! | 9 | `func start`: 9.2 where it listens, 9.3 `local.settings.json`, 9.6 output and CORS |
//!
//! Parts that need no process are proved beside their code, under the same names.

mod documentation;
mod given_rows;
mod raw;
mod rig;
mod rows;
mod section_1_host_json;
mod section_2_process;
mod section_3_payload;
mod section_3_rows;
mod section_4_http;
mod section_4_rows;
mod section_5_functions;
mod section_6_authorization;
mod section_7_timers;
mod section_8_admin;
mod section_9_start;
mod suite;
