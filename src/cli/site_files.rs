//! `perch plan` and `perch apply`.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::client::Client;
use super::{Failure, output, words};
use crate::control::v1::{ApplyRequest, AttachedFile, PlanRequest, Problem};
use crate::site::{Attached, attached_names};

/// Show what a site file would change.
#[derive(Debug, Args)]
pub struct Plan {
    /// A site file; - is standard input
    file: PathBuf,
    #[command(flatten)]
    client: Client,
}

/// Put a site file in force: all of it or nothing.
#[derive(Debug, Args)]
pub struct Apply {
    /// A site file; - is standard input
    file: PathBuf,
    /// Apply only if this revision is in force, as the plan said
    #[arg(long, value_name = "N")]
    revision: Option<u64>,
    #[command(flatten)]
    client: Client,
}

/// What both say.
struct Said {
    revision: u64,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
    plan: String,
}

impl Plan {
    /// Shows what a site file would change.
    pub fn run(self) -> Result<(), Failure> {
        let file = read(&self.file)?;
        let request = PlanRequest {
            attached: file.sent_along(),
            file_name: file.name,
            text: file.text,
        };
        let answer = self.client.ask(async |client| client.plan(request).await)?;
        let said = Said {
            revision: answer.revision,
            problems: answer.problems,
            warnings: answer.warnings,
            plan: answer.plan,
        };
        said.print(self.client.json)
    }
}

impl Apply {
    /// Puts a site file in force.
    pub fn run(self) -> Result<(), Failure> {
        let file = read(&self.file)?;
        let request = ApplyRequest {
            attached: file.sent_along(),
            file_name: file.name,
            text: file.text,
            expected_revision: self.revision,
        };
        let answer = self
            .client
            .ask(async |client| client.apply(request).await)?;
        let said = Said {
            revision: answer.revision,
            problems: answer.problems,
            warnings: answer.warnings,
            plan: answer.plan,
        };
        said.print(self.client.json)?;
        if !self.client.json {
            output::result(&format!("in force as revision {}", said.revision));
        }
        Ok(())
    }
}

impl Said {
    fn print(&self, as_json: bool) -> Result<(), Failure> {
        if as_json {
            let list =
                |problems: &[Problem]| problems.iter().map(words::problem).collect::<Vec<_>>();
            let value = json!({
                "revision": self.revision,
                "problems": list(&self.problems),
                "warnings": list(&self.warnings),
                "plan": self.plan,
            });
            output::result(&value.to_string());
        } else {
            for warning in &self.warnings {
                output::notice(&format!("{} (warning)", line(warning)));
            }
            for problem in &self.problems {
                output::notice(&line(problem));
            }
            if !self.plan.is_empty() {
                output::result(&self.plan);
            }
        }
        match self.problems.len() {
            0 => Ok(()),
            1 => Err("1 problem; nothing was changed".into()),
            many => Err(format!("{many} problems; nothing was changed").into()),
        }
    }
}

fn line(problem: &Problem) -> String {
    let Problem {
        file,
        line,
        column,
        what,
        remedy,
        key,
    } = problem;
    let place = match (line, column) {
        (0, _) => file.clone(),
        (_, 0) => format!("{file}:{line}"),
        _ => format!("{file}:{line}:{column}"),
    };
    let parts = [place.as_str(), key, what]
        .into_iter()
        .filter(|part| !part.is_empty());
    let said = parts.collect::<Vec<_>>().join(": ");
    match remedy.as_str() {
        "" => said,
        remedy => format!("{said}. {remedy}"),
    }
}

/// A site file, and the files that it names.
pub(super) struct SiteFile {
    /// How the administrator calls it.
    pub name: String,
    /// What it says.
    pub text: String,
    /// What the files say that it names.
    pub attached: Attached,
}

impl SiteFile {
    fn sent_along(&self) -> Vec<AttachedFile> {
        let attached = self.attached.iter();
        let attached = attached.map(|(name, text)| AttachedFile {
            name: name.clone(),
            text: text.clone(),
        });
        attached.collect()
    }
}

/// A site file from a file or standard input. The files that it names stand beside it.
pub(super) fn read(file: &Path) -> Result<SiteFile, Failure> {
    let (name, text, beside) = if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        ("standard input".to_owned(), text, Path::new(""))
    } else {
        let name = file.display().to_string();
        let text =
            std::fs::read_to_string(file).map_err(|why| format!("{name} cannot be read: {why}"))?;
        (name, text, file.parent().unwrap_or(Path::new("")))
    };
    let mut attached = Attached::new();
    for other in attached_names(&text) {
        let path = beside.join(&other);
        let text = std::fs::read_to_string(&path).map_err(|why| {
            let path = path.display();
            format!("{path}, which {name} names, cannot be read: {why}")
        })?;
        attached.insert(other, text);
    }
    Ok(SiteFile {
        name,
        text,
        attached,
    })
}
