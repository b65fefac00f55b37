//! `perch replay`.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::site_files::read;
use super::table::table;
use super::{Failure, output};
use crate::pbx::{PhoneName, SessionId, Site};
use crate::replay::{Account, End, Replay as Run};
use crate::shell::Settings;
use crate::time::Utc;
use crate::{site, store};

/// Show who another policy would have logged out, and when, by what was recorded.
#[derive(Debug, Args)]
pub struct Replay {
    /// A site file, or one with some keys alone, which are laid over the stored site; - is standard input [default: the
    /// stored site]
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// From the beginning of this day on, such as 2026-11-02, by the site's clock
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// To the end of this day
    #[arg(long, value_name = "DATE")]
    to: Option<Date>,
    /// The data directory; a server may be running on it [default: what the settings say]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Settings of the server that has the data directory [default: /etc/perch/perch.toml, if it is there]
    #[arg(long, value_name = "FILE", conflicts_with = "data")]
    config: Option<PathBuf>,
    /// Who has to log in again so soon after a logout has a reason to complain
    #[arg(long, value_name = "MINUTES", default_value_t = 15)]
    soon: u64,
    /// Print every logout by the policy as CSV
    #[arg(long)]
    csv: bool,
}

impl Replay {
    /// Replays what was recorded, and says what came of it.
    pub fn run(self) -> Result<(), Failure> {
        let data = match &self.data {
            Some(data) => data.clone(),
            None => Settings::load(self.config.as_deref())?.data,
        };
        let stored = store::stored_site(&data)?;
        let stored = stored.ok_or_else(|| {
            let data = data.display();
            format!("no site was ever applied in {data}: there is nothing to replay")
        })?;
        let site = self.candidate(&stored)?;
        let zone = TimeZone::get(&site.settings.timezone).unwrap_or(TimeZone::UTC);
        let from = self
            .from
            .map_or(Ok(Utc(i64::MIN)), |day| midnight(day, &zone))?;
        let to = match self.to {
            Some(day) => midnight(day.checked_add(1.day())?, &zone)?,
            None => Utc(i64::MAX),
        };
        let mut replay = Run::new(Arc::new(site), from, to);
        let mut seen: Option<(Utc, Utc)> = None;
        store::activity(&data, |acted| {
            if acted.at > to {
                return false;
            }
            let first = seen.map_or(acted.at, |(first, _)| first);
            seen = Some((first, acted.at));
            replay.take(acted);
            true
        })?;
        let Some((first, last)) = seen else {
            let what = match self.to {
                Some(_) => "nothing was recorded before the end of --to",
                None => {
                    "nothing was recorded: activity_days in [history] of perch.toml says for how long it is kept"
                }
            };
            return Err(what.into());
        };
        let told = Told {
            account: replay.finish(last),
            zone,
            soon: Duration::from_secs(60 * self.soon),
            from: first.max(from),
        };
        output::result(&match self.csv {
            true => told.csv(),
            false => told.text(),
        });
        Ok(())
    }

    fn candidate(&self, stored: &Site) -> Result<Site, Failure> {
        let Some(file) = &self.policy else {
            return Ok(stored.clone());
        };
        let file = read(file)?;
        match site::candidate(&file.name, &file.text, &file.attached, stored) {
            Ok(parsed) => Ok(parsed.site),
            Err(problems) => {
                for problem in &problems {
                    output::notice(&problem.to_string());
                }
                Err("the policy cannot be read; nothing was replayed".into())
            }
        }
    }
}

fn midnight(day: Date, zone: &TimeZone) -> Result<Utc, Failure> {
    let midnight = day.to_datetime(jiff::civil::Time::midnight());
    Ok(Utc(zone.to_zoned(midnight)?.timestamp().as_millisecond()))
}

/// What is told of a replay.
struct Told {
    account: Account,
    zone: TimeZone,
    soon: Duration,
    from: Utc,
}

impl Told {
    fn text(&self) -> String {
        let account = &self.account;
        let mut parts = vec![self.heading()];
        let logouts = self.logouts();
        if !logouts.is_empty() {
            let headings = ["WHEN", "USER", "PHONE", "CAUSE", "IN A CALL", "AS IT WAS"];
            parts.push(table(&headings, &logouts));
        }
        let causes = account.causes();
        let causes = causes.into_iter().map(|(cause, (was, would))| {
            vec![cause.to_owned(), was.to_string(), would.to_string()]
        });
        let hours = |duration: Duration| format!("{:.1}", duration.as_secs_f64() / 3600.0);
        let desk_hours = vec![
            "desk-hours taken".to_owned(),
            hours(account.occupied_as_it_was),
            hours(account.occupied_with_policy),
        ];
        let rows: Vec<Vec<String>> = causes.chain([desk_hours]).collect();
        parts.push(table(&["LOGOUTS", "AS IT WAS", "WITH THE POLICY"], &rows));
        parts.push(self.summary());
        parts.join("\n\n")
    }

    fn heading(&self) -> String {
        let Account { activities, to, .. } = &self.account;
        let (from, to) = (self.local(self.from), self.local(*to));
        format!("From {from} to {to}: {activities} activities")
    }

    /// Whom the policy would have logged out.
    fn logouts(&self) -> Vec<Vec<String>> {
        let real = self.real();
        let ends = self.by_policy().map(|end| {
            let as_it_was = match real.get(&(end.session, &end.phone)) {
                Some(was) if same(was, end) => "the same".to_owned(),
                Some(was) => format!("{} ({})", self.local(was.at), was.cause.word()),
                None => "still there".to_owned(),
            };
            vec![
                self.local(end.at),
                end.user.to_string(),
                end.phone.to_string(),
                end.cause.word().to_owned(),
                if end.had_waited { "waited" } else { "" }.to_owned(),
                as_it_was,
            ]
        });
        ends.collect()
    }

    fn csv(&self) -> String {
        let real = self.real();
        let mut lines =
            vec!["at,user,phone,cause,waited_for_a_call,was_until,was_cause".to_owned()];
        for end in self.by_policy() {
            let was = real.get(&(end.session, &end.phone));
            let cells = [
                machine(end.at),
                quoted(end.user.as_str()),
                quoted(end.phone.as_str()),
                end.cause.word().to_owned(),
                if end.had_waited { "yes" } else { "no" }.to_owned(),
                was.map_or_else(String::new, |was| machine(was.at)),
                was.map_or("", |was| was.cause.word()).to_owned(),
            ];
            lines.push(cells.join(","));
        }
        lines.join("\n")
    }

    fn summary(&self) -> String {
        let account = &self.account;
        let (was, would) = (account.occupied_as_it_was, account.occupied_with_policy);
        let change = match would <= was {
            true => format!("{} desk-hours would have been free", tenths(was - would)),
            false => format!(
                "{} more desk-hours would have been taken",
                tenths(would - was)
            ),
        };
        let by_policy = self.by_policy().count();
        let waited = self.by_policy().filter(|end| end.had_waited).count();
        let again = &account.logged_in_again;
        let soon = again.iter().filter(|again| again.after <= self.soon);
        let mut lines = vec![
            format!("{change}."),
            format!(
                "Of {by_policy} automatic logouts {waited} would have waited for the end of a call."
            ),
            format!(
                "{} times somebody went on who would have been logged out, and is taken to have logged in again: {} \
                 times within {} min.",
                again.len(),
                soon.count(),
                self.soon.as_secs() / 60
            ),
            format!(
                "{} logins would not have been needed.",
                account.logins_saved
            ),
        ];
        if let Some(first) = account.refused.first() {
            let refused = account.refused.len();
            let (at, why) = (self.local(first.at), &first.why);
            lines.push(format!(
                "{refused} logins would have been refused, the first at {at}: {why}."
            ));
        }
        if account.unknown > 0 {
            let unknown = account.unknown;
            lines.push(format!(
                "{unknown} sessions had begun before anything was recorded, and are left out."
            ));
        }
        lines.join("\n")
    }

    /// How each session really ended.
    fn real(&self) -> HashMap<(SessionId, &PhoneName), &End> {
        let ends = self.account.as_it_was.iter();
        ends.map(|end| ((end.session, &end.phone), end)).collect()
    }

    fn by_policy(&self) -> impl Iterator<Item = &End> {
        let ends = self.account.with_policy.iter();
        ends.filter(|end| end.cause.is_automatic())
    }

    fn local(&self, at: Utc) -> String {
        let at = Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
        let at = at.to_zoned(self.zone.clone());
        at.strftime("%Y-%m-%d %H:%M:%S").to_string()
    }
}

fn same(was: &End, would: &End) -> bool {
    was.cause == would.cause && (was.at.0 - would.at.0).abs() <= 1000
}

fn tenths(duration: Duration) -> String {
    format!("{:.1}", duration.as_secs_f64() / 3600.0)
}

fn machine(at: Utc) -> String {
    Timestamp::from_millisecond(at.0)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .to_string()
}

/// A name as a cell: what spreadsheets take for a formula is none.
fn quoted(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let begins_plainly = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if begins_plainly && name.chars().all(is_plain) {
        return name.to_owned();
    }
    format!("\"{}\"", name.replace('"', "\"\""))
}
