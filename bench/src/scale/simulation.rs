//! The instances and their jobs, event by event.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::{
    Inputs, Setup,
    limit::{
        APIM_CALLS, APIM_CALLS_IN_TROUBLE, APIM_TROUBLE, IDENTITY_REQUESTS, RequestCounts, SECOND, Time,
        VAULT_REQUESTS, VAULT_SECONDS, Window,
    },
};

pub(crate) const INSTANCES: usize = 1_000;
pub(crate) const JOBS_PER_SECOND: f64 = 1.0;
/// The simulated time. It is long enough for the renewal of every secret, which is due after 210 to 270 s.
pub(crate) const SECONDS: u64 = 300;

/// The lifetime of a secret in seconds, as in `keyless`: a secret is renewed after 70 % to 90 % of five minutes.
const SECRET_LIFETIME: f64 = 300.0;
/// The number of tokens: for the vault, the API and the storage account.
const TOKENS: u32 = 3;
/// The SDK's pauses before it calls the vault or the identity endpoint again, in seconds.
const SDK_PAUSES: [f64; 3] = [0.5, 1.0, 2.0];
/// The pauses before `keyless` calls API Management again, in seconds.
const API_PAUSES: [f64; 2] = [0.25, 0.5];
/// The retry budget for calls of API Management.
const BUDGET: u32 = 100;
const RETRY_COST: u32 = 10;

/// The counts of a simulation.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) vault: RequestCounts,
    pub(crate) identity: RequestCounts,
    pub(crate) apim: RequestCounts,
    pub(crate) jobs: u64,
    pub(crate) failed: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A job arrives.
    Job,
    /// A request for a token by one job.
    Token { tries: usize },
    /// A request for the secret. A challenge comes before the first such request.
    Secret { tries: usize, why: Why },
    /// A call of the API.
    Call { tries: usize },
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    /// All jobs of the instance wait for this request.
    First,
    Renewal,
    OneJob,
}

struct Instance {
    has_secret: bool,
    asks: bool,
    waiting: u64,
    budget: u32,
    identity: Window,
}

struct Simulation {
    setup: Setup,
    end: Time,
    random: Random,
    events: BinaryHeap<Reverse<(Time, u64, usize, Event)>>,
    scheduled: u64,
    instances: Vec<Instance>,
    vault: Window,
    apim: Window,
    outcome: Outcome,
}

pub(crate) fn simulate(inputs: Inputs, setup: Setup, seconds: u64) -> Outcome {
    let new = || Instance { has_secret: false, asks: false, waiting: 0, budget: BUDGET, identity: Window::default() };
    let mut simulation = Simulation {
        setup,
        end: seconds * SECOND,
        random: Random(0x9E37_79B9_7F4A_7C15),
        events: BinaryHeap::new(),
        scheduled: 0,
        instances: std::iter::repeat_with(new).take(INSTANCES).collect(),
        vault: Window::default(),
        apim: Window::default(),
        outcome: Outcome::default(),
    };
    for instance in 0..INSTANCES {
        // An instance is started for a job, and the job waits for the instance.
        let start = simulation.random.part() + (inputs.first_answer + inputs.first_job) / 1e3;
        simulation.after(0, start, instance, Event::Job);
    }
    while let Some(Reverse((at, _, instance, event))) = simulation.events.pop() {
        simulation.happen(at, instance, event);
    }
    simulation.outcome
}

impl Simulation {
    fn after(&mut self, at: Time, seconds: f64, instance: usize, event: Event) {
        self.scheduled += 1;
        let at = at + (seconds * SECOND as f64) as Time;
        self.events.push(Reverse((at, self.scheduled, instance, event)));
    }

    fn happen(&mut self, at: Time, instance: usize, event: Event) {
        match event {
            Event::Job => self.job(at, instance),
            Event::Token { tries } => {
                let admitted = self.instances[instance].identity.admits(at, 1, IDENTITY_REQUESTS);
                self.outcome.identity.note(at, admitted);
                if !admitted && !self.again(at, instance, tries, |tries| Event::Token { tries }) {
                    self.outcome.failed += 1;
                }
            }
            Event::Secret { tries, why } => self.secret(at, instance, tries, why),
            Event::Call { tries } => self.call(at, instance, tries),
        }
    }

    fn job(&mut self, at: Time, instance: usize) {
        self.outcome.jobs += 1;
        let next = -self.random.part().max(1e-9).ln() / JOBS_PER_SECOND;
        if at + (next * SECOND as f64) as Time <= self.end {
            self.after(at, next, instance, Event::Job);
        }
        if !self.setup.cached {
            for _ in 0..TOKENS {
                self.after(at, 0.0, instance, Event::Token { tries: 0 });
            }
            return self.after(at, 0.0, instance, Event::Secret { tries: 0, why: Why::OneJob });
        }
        let state = &mut self.instances[instance];
        if state.has_secret {
            return self.call(at, instance, 0);
        }
        state.waiting += 1;
        if !std::mem::replace(&mut state.asks, true) {
            for _ in 0..TOKENS {
                self.after(at, 0.0, instance, Event::Token { tries: 0 });
            }
            // The vault's challenge is a request, too.
            let admitted = self.vault.admits(at, VAULT_SECONDS, VAULT_REQUESTS);
            self.outcome.vault.note(at, admitted);
            self.after(at, 0.0, instance, Event::Secret { tries: 0, why: Why::First });
        }
    }

    fn secret(&mut self, at: Time, instance: usize, tries: usize, why: Why) {
        let admitted = self.vault.admits(at, VAULT_SECONDS, VAULT_REQUESTS);
        self.outcome.vault.note(at, admitted);
        let ended = admitted || !self.again(at, instance, tries, |tries| Event::Secret { tries, why });
        if !ended {
            return;
        }
        match why {
            Why::OneJob if admitted => self.call(at, instance, 0),
            Why::OneJob => self.outcome.failed += 1,
            Why::First | Why::Renewal => {
                let state = &mut self.instances[instance];
                state.asks = false;
                state.has_secret |= admitted;
                let waiting = std::mem::take(&mut state.waiting);
                if !state.has_secret {
                    self.outcome.failed += waiting;
                    return;
                }
                for _ in 0..waiting {
                    self.call(at, instance, 0);
                }
                let jitter = if self.setup.jitter { self.random.part() } else { 0.5 };
                // A renewal that failed is tried again after a pause. The old value is still valid.
                let renewal = if admitted { SECRET_LIFETIME * (0.7 + 0.2 * jitter) } else { 2.0 + 2.0 * jitter };
                if at + (renewal * SECOND as f64) as Time <= self.end {
                    self.after(at, renewal, instance, Event::Secret { tries: 0, why: Why::Renewal });
                }
            }
        }
    }

    fn call(&mut self, at: Time, instance: usize, tries: usize) {
        let limit = if APIM_TROUBLE.contains(&(at / SECOND)) { APIM_CALLS_IN_TROUBLE } else { APIM_CALLS };
        let admitted = self.apim.admits(at, 1, limit);
        self.outcome.apim.note(at, admitted);
        let state = &mut self.instances[instance];
        if admitted {
            state.budget = (state.budget + 1).min(BUDGET);
            return;
        }
        let may_pay = !self.setup.budget || state.budget >= RETRY_COST;
        match API_PAUSES.get(tries).filter(|_| may_pay) {
            None => self.outcome.failed += 1,
            Some(pause) => {
                if self.setup.budget {
                    state.budget -= RETRY_COST;
                }
                let pause = if self.setup.jitter { pause * (0.5 + 0.5 * self.random.part()) } else { *pause };
                self.after(at, pause, instance, Event::Call { tries: tries + 1 });
            }
        }
    }

    /// Schedules a retry and reports whether the SDK makes one.
    fn again(&mut self, at: Time, instance: usize, tries: usize, event: impl Fn(usize) -> Event) -> bool {
        let Some(pause) = SDK_PAUSES.get(tries) else { return false };
        let pause = if self.setup.jitter { pause * (0.9 + 0.2 * self.random.part()) } else { *pause };
        self.after(at, pause, instance, event(tries + 1));
        true
    }
}

/// The `SplitMix64` generator. It returns the same numbers in each run.
struct Random(u64);

impl Random {
    /// Returns a number between 0 and 1.
    fn part(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}
