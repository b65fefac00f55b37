//! Site files: what they would change, and putting them in force.

use std::sync::Arc;

use tonic::Status;

use super::{status, v1};
use crate::pbx::Site;
use crate::shell::Server;
use crate::shell::sites::Current;
use crate::site::{self, Attached, Problem};

/// A site file that was read against the site in force.
pub struct Read {
    /// The site in force.
    pub current: Arc<Current>,
    /// The site that the file describes; without one, the problems say why.
    pub site: Option<Site>,
    /// Why there is none.
    pub problems: Vec<v1::Problem>,
    /// What should be looked at.
    pub warnings: Vec<v1::Problem>,
    /// What would change, in words.
    pub plan: String,
}

/// A site file as it was sent.
pub struct SiteFile {
    name: String,
    text: String,
    attached: Attached,
}

impl SiteFile {
    /// That of a request.
    pub fn of(name: String, text: String, attached: Vec<v1::AttachedFile>) -> SiteFile {
        let attached = attached.into_iter().map(|file| (file.name, file.text));
        SiteFile {
            name,
            text,
            attached: attached.collect(),
        }
    }
}

/// Reads a site file. Hashing the PINs in it may take a while, so it is done beside the runtime.
pub async fn read(server: &Server, file: SiteFile) -> Result<Read, Status> {
    let current = server.sites.current();
    let hashing = server.settings.argon2;
    let work = move || {
        let SiteFile {
            name,
            text,
            attached,
        } = file;
        let parsed = site::parse_with(&name, &text, &attached, Some(&current.site), &hashing);
        let (site, problems, warnings) = match parsed {
            Ok(mut parsed) => {
                parsed.site.keep_enrolled(&current.site);
                (Some(parsed.site), Vec::new(), parsed.warnings)
            }
            Err(problems) => (None, problems, Vec::new()),
        };
        let plan = site
            .as_ref()
            .map(|site| site::plan(&current.site, site).to_string());
        Read {
            current,
            site,
            problems: problems.into_iter().map(problem).collect(),
            warnings: warnings.into_iter().map(problem).collect(),
            plan: plan.unwrap_or_default(),
        }
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| status::fault())
}

fn problem(problem: Problem) -> v1::Problem {
    v1::Problem {
        file: problem.file,
        line: u32::try_from(problem.line).unwrap_or(u32::MAX),
        column: u32::try_from(problem.column).unwrap_or(u32::MAX),
        key: problem.key,
        what: problem.what,
        remedy: problem.remedy,
    }
}
