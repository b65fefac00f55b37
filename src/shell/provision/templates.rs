//! The administrator's templates, from their directory.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::provision::{Override, TemplateProblem, Templates};

/// How large a template may be, and how many there may be.
const SIZE: u64 = 256 * 1024;
const AT_MOST: usize = 1000;

/// Why templates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TemplatesError {
    /// They cannot be read.
    #[error("cannot read {path}: {why}. Correct provision.templates in perch.toml, or its permissions", path = path.display())]
    Unreadable {
        /// What.
        path: PathBuf,
        /// What the system said.
        why: io::Error,
    },
    /// It is too much.
    #[error("{path} is too much: templates have 256 KiB at most, and there are 1000 at most. Is provision.templates in perch.toml the right directory?", path = path.display())]
    TooMuch {
        /// What.
        path: PathBuf,
    },
    /// They are wrong.
    #[error("{}", lines(.0))]
    Wrong(Vec<TemplateProblem>),
}

fn lines(problems: &[TemplateProblem]) -> String {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// Those that Perch comes with, and those in `dir` in their place.
pub(super) fn open(dir: Option<&Path>) -> Result<Templates, TemplatesError> {
    let mut overrides = Vec::new();
    if let Some(dir) = dir {
        read(dir, "", &mut overrides)?;
        tracing::info!(dir = %dir.display(), templates = overrides.len(), "read templates");
    }
    Templates::new(&overrides).map_err(TemplatesError::Wrong)
}

/// Reads what is in a folder whose name, from the first one on, is `name`. Editors' leavings are passed over.
fn read(dir: &Path, name: &str, found: &mut Vec<Override>) -> Result<(), TemplatesError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |why| TemplatesError::Unreadable { path, why }
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir).map_err(unreadable(dir))? {
        paths.push(entry.map_err(unreadable(dir))?.path());
    }
    paths.sort();
    for path in paths {
        let Some(own) = path.file_name().and_then(|own| own.to_str()) else {
            continue;
        };
        if own.starts_with('.') || own.ends_with('~') {
            continue;
        }
        let name = match name {
            "" => own.to_owned(),
            name => format!("{name}/{own}"),
        };
        let metadata = fs::metadata(&path).map_err(unreadable(&path))?;
        if metadata.len() > SIZE && metadata.is_file() || found.len() >= AT_MOST {
            return Err(TemplatesError::TooMuch { path });
        }
        // Vendor, model, file: what is deeper is no template.
        if metadata.is_dir() && name.matches('/').count() < 2 {
            read(&path, &name, found)?;
        } else if metadata.is_file() {
            let text = fs::read_to_string(&path).map_err(unreadable(&path))?;
            let file = path.display().to_string();
            found.push(Override { name, file, text });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_found_where_they_belong_and_errors_name_their_file() {
        let dir = tempfile::tempdir().expect("a directory");
        let write = |name: &str, text: &str| {
            let path = dir.path().join(name);
            let parent = path.parent().expect("it is in a folder");
            fs::create_dir_all(parent).expect("folders can be made");
            fs::write(path, text).expect("it can be written");
        };
        write("yealink/t46/phone.cfg", "{{ phone.name }}");
        write("yealink/phone.cfg~", "{{ left over");
        write("snom/.phone.xml.swp", "{{ left over");
        assert!(open(Some(dir.path())).is_ok());
        write("snom/phone.xml", "\n{{ nobody }}\n");
        let error = open(Some(dir.path())).expect_err("it is wrong").to_string();
        let file = dir.path().join("snom/phone.xml");
        assert!(
            error.starts_with(&format!("{}:2: ", file.display())),
            "{error}"
        );
        let missing = dir.path().join("none");
        let error = open(Some(&missing))
            .expect_err("it is not there")
            .to_string();
        assert!(error.contains("Correct provision.templates"), "{error}");
        write("snom/phone.xml", &"a".repeat(300 * 1024));
        assert!(matches!(
            open(Some(dir.path())),
            Err(TemplatesError::TooMuch { .. })
        ));
    }
}
