//! Tests that a request makes only the allocations that its policies need.

mod scenario;

use self::scenario::HotPath;

/// The most allocations of one request: its context, the token's parts and claims, and the changed headers. One more
/// policy on the path, or a trace, would exceed it.
const MOST_ALLOCATIONS: u64 = 90;

#[test]
fn the_hot_path_allocates_what_its_policies_ask_for() {
    let path = HotPath::without(None);
    let request = path.request();
    let mut request = Some(request);
    let counted = allocation_counter::measure(|| {
        let outcome = request.take().map(|request| path.run(request));
        assert!(outcome.is_some_and(|outcome| outcome.response.status() == 200));
    });
    assert!(
        counted.count_total <= MOST_ALLOCATIONS,
        "{} allocations of {} bytes",
        counted.count_total,
        counted.bytes_total
    );
}
