//! The model accounts of a run.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::AtomicU32},
};

use jiff::Timestamp;

use super::{
    credential::Credentials, deployment::Deployment, events::ModelStreams, kept_responses::KeptResponses, rates::Rates,
};
use crate::{
    issuer::Entra,
    journal::Journal,
    seed::{self, ModelDeployment, Seed},
};

/// The model accounts of a run, and the tenant whose tokens give access to them.
pub(crate) struct Models {
    pub(super) entra: Arc<Entra>,
    pub(super) journal: Journal,
    pub(super) accounts: Vec<Arc<Account>>,
    pub(crate) streams: ModelStreams,
}

/// An account and its current state.
pub(super) struct Account {
    pub(super) seed: seed::ModelAccount,
    pub(super) credentials: Credentials,
    pub(super) deployments: BTreeMap<String, Deployment>,
    pub(super) kept: KeptResponses,
}

impl Models {
    pub(crate) fn new(seed: &Seed, entra: Arc<Entra>, journal: Journal) -> Self {
        let accounts = seed.model_accounts.iter().map(|account| Arc::new(Account::new(account))).collect();
        Self { entra, journal, accounts, streams: ModelStreams::default() }
    }

    /// Returns the keys of an account of the seed.
    pub(crate) fn keys(&self, account: &str) -> Option<&[String; 2]> {
        self.accounts.iter().find(|one| one.seed.name == account).map(|account| account.credentials.keys())
    }
}

impl Account {
    fn new(account: &seed::ModelAccount) -> Self {
        let now = Timestamp::now();
        let deployment = |one: &ModelDeployment| {
            let deployment = Deployment { seed: one.clone(), rates: Rates::new(one, now), requests: AtomicU32::new(0) };
            (one.name.clone(), deployment)
        };
        Self {
            seed: account.clone(),
            credentials: Credentials::generate(),
            deployments: account.deployments.iter().map(deployment).collect(),
            kept: KeptResponses::default(),
        }
    }
}
