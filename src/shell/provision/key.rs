//! The file with the key that phones' passwords are made with.

use std::io;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::provision::Key;
use crate::shell::private_file;

/// Its name in the data directory.
const FILE: &str = "provision.key";

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It cannot be read.
    #[error("cannot read {file}: {why}. Correct its permissions: only Perch is to read it", file = file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// What the system said.
        why: io::Error,
    },
    /// It cannot be written.
    #[error("cannot write {file}: {why}. Make the data directory writable", file = file.display())]
    Unwritable {
        /// Which.
        file: PathBuf,
        /// What the system said.
        why: io::Error,
    },
    /// It holds something else.
    #[error("{file} holds no key: 64 hexadecimal digits. Put the file of your backup there; with a new one, every phone that fetches files has to fetch them again", file = file.display())]
    Damaged {
        /// Which.
        file: PathBuf,
    },
}

/// The key of a data directory; `fresh` becomes its key if there is none.
pub(super) fn open(data: &Path, fresh: &[u8; 32]) -> Result<Key, KeyError> {
    let file = data.join(FILE);
    match std::fs::read_to_string(&file).map(Zeroizing::new) {
        Ok(text) => Key::read(&text).ok_or(KeyError::Damaged { file }),
        Err(why) if why.kind() == io::ErrorKind::NotFound => {
            let written = private_file::write(&file, Key::text(fresh).as_bytes(), 0o600);
            written.map_err(|why| KeyError::Unwritable { file, why })?;
            Ok(Key::new(fresh))
        }
        // What is no text is no key.
        Err(why) if why.kind() == io::ErrorKind::InvalidData => Err(KeyError::Damaged { file }),
        Err(why) => Err(KeyError::Unreadable { file, why }),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_kept_to_ourselves() {
        let dir = tempfile::tempdir().expect("a directory");
        let password = |fresh| {
            let key = open(dir.path(), &[fresh; 32]).expect("there is a key");
            key.password(&"desk-1".into(), 1).to_string()
        };
        assert_eq!(password(1), password(2));
        let file = dir.path().join(FILE);
        let mode = std::fs::metadata(&file)
            .expect("it is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::write(&file, "nothing").expect("it can be written");
        let error = open(dir.path(), &[3; 32])
            .expect_err("it is damaged")
            .to_string();
        assert!(error.contains("provision.key holds no key"), "{error}");
        std::fs::write(&file, [0xFF, 0xFE]).expect("it can be written");
        assert!(matches!(
            open(dir.path(), &[3; 32]),
            Err(KeyError::Damaged { .. })
        ));
    }
}
