//! The libraries: what is installed where, by what.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::built_server::say;
use super::installed::has;

/// A library, and the script that uses it.
pub struct Library {
    /// What it is called.
    pub name: &'static str,
    script: &'static str,
    /// What is to be installed, as its package manager wants it.
    wanted: &'static str,
    manager: Manager,
}

#[derive(Clone, Copy)]
enum Manager {
    Pip,
    Npm,
}

/// For Python, from PyPI.
pub const PYPI: Library = Library {
    name: "ciscoaxl",
    script: "work_day.py",
    wanted: "requirements.txt",
    manager: Manager::Pip,
};

/// For Node, from npm.
pub const NPM: Library = Library {
    name: "cisco-axl",
    script: "work_day.js",
    wanted: "package.json",
    manager: Manager::Npm,
};

impl Library {
    /// The command that runs scripts with the library; none if it is not installed, which is said, or a failure.
    pub fn command(&self) -> Option<Command> {
        let (program, package) = match self.manager {
            Manager::Pip => ("python3", "python3-venv"),
            Manager::Npm => ("npm", "npm"),
        };
        if !has(program, package) {
            return None;
        }
        if !self.is_installed() {
            let is_required = env::var_os("PERCH_PEERS").is_some_and(|value| value == "required");
            if !is_required {
                let name = self.name;
                say(&format!(
                    "not run: {name} is not installed; PERCH_PEERS=required installs it"
                ));
                return None;
            }
            self.install();
        }
        Some(match self.manager {
            Manager::Pip => Command::new(self.dir().join("bin/python")),
            Manager::Npm => {
                let mut command = Command::new("node");
                command.env("NODE_PATH", self.dir().join("node_modules"));
                command
            }
        })
    }

    /// The script that uses it.
    pub fn script(&self) -> PathBuf {
        clients().join(self.script)
    }

    fn dir(&self) -> PathBuf {
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(self.name)
    }

    /// What was wanted when it was installed, which is written when that is done.
    fn stamp(&self) -> PathBuf {
        self.dir().join("installed")
    }

    fn is_installed(&self) -> bool {
        let wanted = fs::read(clients().join(self.wanted)).expect("it is beside this test");
        fs::read(self.stamp()).is_ok_and(|installed| installed == wanted)
    }

    fn install(&self) {
        let (dir, wanted) = (self.dir(), clients().join(self.wanted));
        // What is left of another version, or of an attempt that was cut.
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).expect("the target directory is ours");
        let run = |command: &mut Command| {
            let output = command.output();
            self.check(output.unwrap_or_else(|why| panic!("{}: {why}", self.name)));
        };
        match self.manager {
            Manager::Pip => {
                run(Command::new("python3").args(["-m", "venv"]).arg(&dir));
                run(Command::new(dir.join("bin/python"))
                    .args(["-m", "pip", "install", "--quiet", "--no-input"])
                    .arg("--disable-pip-version-check")
                    .arg("--requirement")
                    .arg(&wanted));
            }
            Manager::Npm => {
                fs::copy(&wanted, dir.join(self.wanted)).expect("the directory is ours");
                let how = "install --silent --omit=dev --no-audit --no-fund --ignore-scripts";
                run(Command::new("npm").args(how.split(' ')).current_dir(&dir));
            }
        }
        fs::copy(&wanted, self.stamp()).expect("the directory is ours");
    }

    fn check(&self, output: Output) {
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{} cannot be installed; is its registry reachable? {errors}",
            self.name
        );
    }
}

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/axl/clients")
}
