//! Measures the time that the gateway adds to a request. The same backend is called directly, through the gateway
//! without policies, and through the gateway with `validate-jwt` and two `set-header`.
//!
//! The three take turns, so that any other work of the machine affects all of them.

mod contender;
mod report;
mod world;

use std::{error::Error, time::Duration};

pub(crate) use self::report::Report;
use self::{contender::Contender, world::World};

/// The number of requests in a turn.
const REQUESTS: usize = 250;
/// The number of concurrent callers in the second table.
const CALLERS: usize = 16;

/// Returns a table for one caller and a table for several. Each contender gets `rounds` turns for each table.
pub(crate) async fn measure(rounds: usize) -> Result<[Report; 2], Box<dyn Error>> {
    let world = World::start().await?;
    let contenders = world.contenders()?;
    Ok([turns(&contenders, 1, rounds).await?, turns(&contenders, CALLERS, rounds).await?])
}

async fn turns(contenders: &[Contender], callers: usize, rounds: usize) -> Result<Report, Box<dyn Error>> {
    let mut samples: Vec<Vec<Duration>> = vec![Vec::new(); contenders.len()];
    for round in 0..=rounds {
        for (contender, samples) in contenders.iter().zip(&mut samples) {
            let turn = contender.turn(callers, REQUESTS).await?;
            // The first round opens connections and fetches the tenant's keys.
            if round > 0 {
                samples.extend(turn);
            }
        }
    }
    let names = contenders.iter().map(|contender| contender.name);
    Ok(Report::new(callers, names.zip(samples)))
}
