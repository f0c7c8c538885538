//! `seed`: prints a seed with an explanation of each part.

use std::process::ExitCode;

use super::output::{print, println};
use local_azure::seed::Seed;

use super::command_error::CommandError;

/// The seed that this command prints and `init` writes.
pub(super) const EXAMPLE: &str = include_str!("../../templates/init/seed.toml");

#[derive(clap::Args)]
pub(super) struct SeedArguments {
    /// Print the JSON schema of a seed instead, for completion and checks in an editor
    #[arg(long)]
    schema: bool,
}

pub(super) fn seed(arguments: &SeedArguments) -> Result<ExitCode, CommandError> {
    if arguments.schema {
        println!("{}", serde_json::to_string_pretty(&Seed::schema())?);
    } else {
        print!("{EXAMPLE}");
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_printed_seed_is_sound_with_and_without_its_commented_parts() {
        Seed::parse(EXAMPLE, Path::new("seed.toml")).unwrap();
        let uncommented = EXAMPLE.replace("\n#   ", "\n").replace("\n#\n", "\n\n");
        let seed = Seed::parse(&uncommented, Path::new("seed.toml")).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((seed.apim.apis.len(), seed.app_registrations.len()), (1, 1));
        Seed::parse("", Path::new("seed.toml")).unwrap();
    }

    #[test]
    fn a_reference_that_points_at_nothing_is_an_error_with_its_line() {
        let wrong = EXAMPLE.replace("scope = { vault = \"kv-app\" }", "scope = { vault = \"kv-other\" }");
        let error = Seed::parse(&wrong, Path::new("seed.toml")).unwrap_err().to_string();
        let line = wrong.lines().position(|line| line.contains("kv-other")).unwrap() + 1;
        assert!(error.contains(&format!("seed.toml:{line}: role_assignments: no vault \"kv-other\"")), "{error}");
    }
}
