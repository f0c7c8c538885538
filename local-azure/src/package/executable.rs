//! Checks whether Azure can start an executable.
//!
//! Flex Consumption runs x86-64 Linux and does not say which C library its image has, so nothing may be linked
//! dynamically: <https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan>.

use object::{
    Endianness, elf,
    elf::FileHeader64,
    read::elf::{FileHeader as _, ProgramHeader as _},
};

/// The name of the handler in a package. It has no extension, because Azure runs Linux.
pub(super) const HANDLER: &str = "handler";

/// Why Azure cannot start an executable.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExecutableError {
    /// The file is a script, or a program for another system.
    #[error("not a 64-bit Linux executable (ELF)")]
    NotLinux,
    /// The file is a library, an object file or a core dump.
    #[error("an ELF file, but not an executable")]
    NotExecutable,
    /// The program is for another processor.
    #[error("built for {0}, where Azure runs x86-64")]
    Architecture(String),
    /// The program needs a loader and libraries that Azure's image may not have.
    #[error("linked dynamically (it asks for {0}), and Azure does not promise a C library")]
    Dynamic(String),
}

impl ExecutableError {
    /// Returns the way to build a Rust handler that Azure can start.
    pub(super) fn remedy_in_rust(&self) -> &'static str {
        match self {
            Self::NotLinux | Self::Architecture(_) => "; build it with --target x86_64-unknown-linux-musl",
            Self::Dynamic(_) => {
                "; build it with --target x86_64-unknown-linux-musl, or with -C target-feature=+crt-static"
            }
            Self::NotExecutable => "",
        }
    }
}

/// Refuses everything but a static executable for x86-64 Linux.
pub(super) fn check(bytes: &[u8]) -> Result<(), ExecutableError> {
    let header = FileHeader64::<Endianness>::parse(bytes).map_err(|_| ExecutableError::NotLinux)?;
    let endian = header.endian().map_err(|_| ExecutableError::NotLinux)?;
    if ![elf::ELFOSABI_SYSV, elf::ELFOSABI_GNU].contains(&header.e_ident().os_abi) {
        return Err(ExecutableError::NotLinux);
    }
    match header.e_machine(endian) {
        elf::EM_X86_64 => {}
        elf::EM_AARCH64 => return Err(ExecutableError::Architecture("64-bit Arm".to_owned())),
        other => return Err(ExecutableError::Architecture(format!("another processor (ELF machine {other})"))),
    }
    // A position-independent executable has the type of a library. Unlike a library, it has an entry point.
    let executable = [elf::ET_EXEC, elf::ET_DYN].contains(&header.e_type(endian)) && header.e_entry(endian) != 0;
    let segments = header.program_headers(endian, bytes).map_err(|_| ExecutableError::NotExecutable)?;
    if !executable || segments.is_empty() {
        return Err(ExecutableError::NotExecutable);
    }
    for segment in segments {
        let loader = segment.interpreter(endian, bytes).map_err(|_| ExecutableError::NotExecutable)?;
        if let Some(loader) = loader {
            return Err(ExecutableError::Dynamic(String::from_utf8_lossy(loader).into_owned()));
        }
    }
    Ok(())
}
