//! A conversation with a model: the allowed requests, the answer on its way out, and the archive of exchanges.

mod archive;
mod pass_on;
mod request;

use keyless::{openai::Model, settings::Reader};

pub(crate) use self::{
    archive::{Archive, Exchange},
    pass_on::pass_on,
    request::{LARGEST_BYTES, Question},
};

/// The model, and the place where exchanges are stored, if they are.
#[derive(Clone, Debug)]
pub(crate) struct Chat {
    pub(crate) model: Model,
    pub(crate) archive: Option<Archive>,
}

impl Chat {
    /// Reads the settings. `Some(None)` if no setting names a model: the app runs without one.
    pub(crate) fn read(env: &mut Reader) -> Option<Option<Self>> {
        let model = env.optional_model("OPENAI");
        let archive = Archive::read(env);
        match model? {
            Some(model) => Some(Some(Self { model, archive: archive? })),
            None => archive.map(|_| None),
        }
    }
}
