//! Checks policy files without running anything: reports the problems that the gateway would report at start.

use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
};

use apim_policies::{Document, Problem, Scope, Service};

use super::{PolicyFinding, certificates, policy_folder, service};
use crate::seed::Seed;

/// A checked policy file.
#[derive(Debug)]
pub struct CheckedFile {
    /// The file's path, as given or as found below the given folder.
    pub path: PathBuf,
    /// The file's refusals and warnings.
    pub findings: Vec<PolicyFinding>,
}

/// Checks a file, or every `.xml` file below a folder, with the named values, backends and certificates of the seed and
/// the fragments of its policy folder. Without a seed, a name that only a seed could define is a warning. A file in a
/// folder `fragments`, or with `<fragment>` at its root, is a fragment.
///
/// # Errors
/// If a file or folder cannot be read, or a certificate of the seed cannot be made.
pub fn check(seed: Option<&Seed>, path: &Path) -> io::Result<Vec<CheckedFile>> {
    let service = service(seed, path)?;
    if !path.is_dir() {
        return Ok(vec![check_file(path, &service)?]);
    }
    let mut files = BTreeSet::new();
    policy_folder::find_policy_files(path, Path::new(""), &mut files)?;
    files.iter().map(|file| check_file(&path.join(file), &service)).collect()
}

/// Reads the objects that policies can name. Fragments next to the checked files take precedence over those of the
/// seed's folder.
fn service(seed: Option<&Seed>, path: &Path) -> io::Result<Service> {
    let mut all = match seed {
        Some(seed) => {
            let generated = certificates::generate(seed).map_err(io::Error::other)?;
            service::read(seed, &seed.path(&seed.apim.policies), &generated).0
        }
        None => Service { is_partial: true, ..Service::default() },
    };
    let folder = if path.is_dir() { path } else { path.ancestors().nth(2).unwrap_or(path) };
    all.fragments.extend(service::fragments(folder, &mut Vec::new()));
    Ok(all)
}

fn check_file(path: &Path, service: &Service) -> io::Result<CheckedFile> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| io::Error::new(error.kind(), format!("cannot read {}: {error}", path.display())))?;
    let checked = if policy_folder::is_fragment(path) || Document::is_fragment(&text) {
        Document::check_fragment(&text, service)
    } else {
        check_document(path, &text, service)
    };
    let (Ok(problems) | Err(problems)) = checked;
    let findings = problems.into_iter().map(|problem| PolicyFinding::new(path.to_owned(), problem)).collect();
    Ok(CheckedFile { path: path.to_owned(), findings })
}

/// Checks a document. Its folder decides the scope; a file in another folder is valid if it is valid in some scope.
fn check_document(path: &Path, text: &str, service: &Service) -> Result<Vec<Problem>, Vec<Problem>> {
    let load = |scope| Document::load(scope, text, service).map(|document| document.warnings().to_vec());
    let known = policy_folder::scope_of(path);
    if known != Scope::Global || path.file_name() == policy_folder::global_file().file_name() {
        return load(known);
    }
    let first = load(Scope::Api);
    match first.is_ok() {
        true => first,
        false => [Scope::Product, Scope::Global].into_iter().map(load).find(Result::is_ok).unwrap_or(first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed() -> Seed {
        Seed::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("seed.toml")).unwrap()
    }

    #[test]
    fn the_deployed_folder_is_clean() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../apim");
        let checked = check(Some(&seed()), &folder).unwrap();
        assert!(checked.len() >= 3, "{checked:?}");
        assert!(checked.iter().all(|file| file.findings.is_empty()), "{checked:?}");
    }

    #[test]
    fn the_seeds_certificates_count() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let policy =
            "<validate-jwt header-name=\"a\"><decryption-keys><key certificate-id=\"mine\" /></decryption-keys>";
        let text = format!("<policies><inbound>{policy}</validate-jwt></inbound></policies>");
        std::fs::write(file.path(), text).unwrap();
        let problems = |seed: &Seed| check(Some(seed), file.path()).unwrap()[0].findings.len();
        let mut seed = seed();
        assert_eq!(problems(&seed), 1);
        let mine = crate::seed::ApimCertificate { id: "mine".to_owned(), ..Default::default() };
        seed.apim.certificates.push(mine);
        assert_eq!(problems(&seed), 0);
    }

    #[test]
    fn documents_and_fragments_are_each_read_as_what_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("apis/a.xml", "<policies><inbound><include-fragment fragment-id=\"f\" /></inbound></policies>");
        write("fragments/f.xml", "<fragment><set-variable name=\"x\" value=\"@(1)\" /></fragment>");
        write("loose.xml", "<?xml version=\"1.0\"?><!-- a --> <fragment>\n<nothing /></fragment>");
        let found = |path: &Path| -> Vec<(String, Vec<String>)> {
            let checked = check(Some(&seed()), path).unwrap();
            let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
            let lines = |file: &CheckedFile| {
                let prefix = format!("{}:", file.path.display());
                file.findings.iter().map(|finding| finding.to_string().replace(&prefix, "")).collect()
            };
            checked.iter().map(|file| (name(&file.path), lines(file))).collect()
        };
        let broken = vec!["2:1: Azure refuses this: <nothing> is not a policy".to_owned()];
        assert_eq!(
            found(folder.path()),
            [("a.xml".to_owned(), vec![]), ("f.xml".to_owned(), vec![]), ("loose.xml".to_owned(), broken)]
        );
        assert_eq!(found(&folder.path().join("apis/a.xml")), [("a.xml".to_owned(), vec![])]);
        assert!(check(Some(&seed()), &folder.path().join("none.xml")).unwrap_err().to_string().contains("none.xml"));
    }

    #[test]
    fn without_a_seed_names_that_only_a_seed_explains_are_warnings() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let check = |inbound: &str| -> Vec<String> {
            std::fs::write(file.path(), format!("<policies><inbound>\n{inbound}</inbound></policies>")).unwrap();
            let prefix = format!("{}:", file.path().display());
            let findings = check(None, file.path()).unwrap().remove(0).findings;
            findings.iter().map(|finding| finding.to_string().replace(&prefix, "")).collect()
        };
        let text = "<set-header name=\"x\"><value>@(\"{{a}}\")</value></set-header>";
        assert_eq!(check(text), ["2:32: warning: the named value {{a}} is not known here"]);
        let number = "<retry condition=\"true\" count=\"{{n}}\" interval=\"1\" />";
        assert_eq!(check(number), ["2:32: warning: the named value {{n}} is not known here"]);
        assert_eq!(check("<set-variable name=\"x\" value=\"@({{n}})\" />").len(), 2);
        let backend = "<set-backend-service backend-id=\"b\" />";
        let warning =
            "2:1: warning: the attribute \"backend-id\" of <set-backend-service> names what is not known here";
        assert_eq!(check(backend), [warning]);
        assert_eq!(check("<nothing />"), ["2:1: Azure refuses this: <nothing> is not a policy"]);
        let not_played = "2:1: Azure takes this, local-azure does not play it: the policy <invoke-request>: \
                          no page documents it";
        assert_eq!(check("<invoke-request />"), [not_played]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_folder_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/", folder.path().join("apis")).unwrap();
        let error = check(None, folder.path()).unwrap_err();
        assert!(error.to_string().ends_with("apis is a link to a folder, which is not followed"), "{error}");
    }
}
