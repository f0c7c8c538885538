//! Says on a schedule which occurrence of it is being run.

use functions_handler::{Outputs, Timer};

pub(crate) async fn run(timer: Timer) -> Outputs {
    Outputs::new().log(format!("this run is for {}", timer.slot_time()))
}
