//! `perch layout`: which buttons a profile of a site file has on a model of phone. It asks no server.

use std::path::PathBuf;

use clap::Args;

use super::{Failure, output, site_files};
use crate::pbx::{
    self, Desk, Dn, LogoutProfile, ModelName, PhoneModel, Protocol, Site, UserProfile,
};
use crate::site::{Hashing, parse_with};

/// Show which buttons a profile has on a phone, and what finds no place
#[derive(Debug, Args)]
pub struct Layout {
    /// A site file; - is standard input
    file: PathBuf,
    /// A user profile
    #[arg(
        long,
        value_name = "NAME",
        required_unless_present = "logout_profile",
        conflicts_with = "logout_profile"
    )]
    profile: Option<String>,
    /// A logout profile
    #[arg(long, value_name = "NAME")]
    logout_profile: Option<String>,
    /// A model of phone, such as 7960, 8861 or T46; softphone for any that is set up by hand
    #[arg(long)]
    model: String,
    /// A module that is plugged into it; may be said several times
    #[arg(long = "module", value_name = "MODULE")]
    modules: Vec<String>,
}

/// Nothing is kept of the hashes.
const CHEAP: Hashing = Hashing {
    memory_kib: 8,
    passes: 1,
};

impl Layout {
    /// Prints the buttons.
    pub fn run(self) -> Result<(), Failure> {
        let file = site_files::read(&self.file)?;
        let parsed = parse_with(&file.name, &file.text, &file.attached, None, &CHEAP);
        let site = match parsed {
            Ok(parsed) => parsed.site,
            Err(problems) => {
                let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
                return Err(problems.join("\n").into());
            }
        };
        let model = site.model(&self.model).ok_or_else(|| {
            let known: Vec<&str> = site.models().map(|model| model.name.as_str()).collect();
            let known = known.join(", ");
            format!("there is no model {:?}. Known are {known}", self.model)
        })?;
        let modules = fitting(model, &self.modules)?;
        let desk = self.desk(&site, protocol(model))?;
        let layout = pbx::Layout::of(&desk, model, &modules);
        output::result(layout.to_string().trim_end());
        Ok(())
    }

    fn desk(&self, site: &Site, protocol: Protocol) -> Result<Desk, Failure> {
        if let Some(name) = &self.profile {
            let profile = site.user_profiles.get(name.as_str());
            let profile: &UserProfile =
                profile.ok_or_else(|| format!("the file has no user_profile {name:?}"))?;
            let has_it = |user: &&pbx::User| user.profiles.iter().any(|p| p.as_str() == name);
            let mut users = site.users.values().filter(has_it);
            // Everybody has a number of their own.
            let own = match (users.next(), users.next()) {
                (Some(user), None) => user.dn.clone(),
                _ => Dn::from("own number"),
            };
            return Ok(profile.desk(Some(&own), protocol));
        }
        let name = self.logout_profile.as_deref().unwrap_or_default();
        let profile = site.logout_profiles.get(name);
        let profile: &LogoutProfile =
            profile.ok_or_else(|| format!("the file has no logout_profile {name:?}"))?;
        let own = profile.lines.is_empty().then(|| Dn::from("guest number"));
        Ok(profile.desk(own.as_ref(), protocol))
    }
}

/// What a phone of the model speaks here.
fn protocol(model: &PhoneModel) -> Protocol {
    match model.speaks(Protocol::Sccp) {
        true => Protocol::Sccp,
        false => Protocol::Sip,
    }
}

fn fitting(model: &PhoneModel, modules: &[String]) -> Result<Vec<ModelName>, Failure> {
    let modules: Vec<ModelName> = modules.iter().map(|m| m.as_str().into()).collect();
    if let Some(wrong) = modules
        .iter()
        .find(|module| !model.modules.contains(module))
    {
        return Err(format!("a {wrong} does not fit a {}", model.name).into());
    }
    if modules.len() > usize::from(model.most_modules) {
        let most = model.most_modules;
        return Err(format!("a {} takes no more than {most} modules", model.name).into());
    }
    Ok(modules)
}
