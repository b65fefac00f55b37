//! The tables that questions are about, filled from what is so now.

use std::collections::BTreeMap;

use super::super::super::house::{House, Trouble};
use super::super::ids::{Id, Kind};
use super::super::{devices, directory};
use super::grammar::Select;
use crate::pbx::{PhoneName, Presence, Site, UserId};

/// A table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Table {
    /// Phones, and the profiles that they become.
    Device,
    /// Users.
    EndUser,
    /// Who is at which phone: a row for each phone at which people log in.
    Mobility,
}

/// How the table tells phones from profiles.
const PHONE: &str = "1";
const PROFILE: &str = "254";

impl Table {
    /// All of them.
    pub const ALL: [Table; 3] = [Table::Device, Table::EndUser, Table::Mobility];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Table::Device => "device",
            Table::EndUser => "enduser",
            Table::Mobility => "extensionmobilitydynamic",
        }
    }

    /// The table of a name.
    pub fn of(name: &str) -> Option<Table> {
        Table::ALL.into_iter().find(|table| table.name() == name)
    }

    /// Its columns, in order.
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Table::Device => &["pkid", "name", "description", "tkclass"],
            Table::EndUser => &[
                "pkid",
                "userid",
                "firstname",
                "lastname",
                "displayname",
                "telephonenumber",
            ],
            Table::Mobility => &[
                "pkid",
                "fkdevice",
                "fkdevice_currentloginprofile",
                "fkenduser",
                "fkenduser_lastlogin",
                "logintime",
                "loginduration",
                "datetimestamp",
            ],
        }
    }
}

/// A row: the values of its columns.
pub(super) type Row = Vec<Option<String>>;

/// The rows of those tables that a question is about.
#[derive(Debug, Default)]
pub(super) struct Rows(BTreeMap<Table, Vec<Row>>);

impl Rows {
    /// What a question is about, as it is now.
    pub async fn of(house: &impl House, select: &Select) -> Result<Rows, Trouble> {
        let site = house.site();
        let mut rows = Rows::default();
        let tables = select.sources.iter().map(|source| source.table);
        for table in Table::ALL {
            if !tables.clone().any(|used| used == table) {
                continue;
            }
            let filled = match table {
                Table::Device => phones_and_profiles(&site),
                Table::EndUser => users(&site),
                Table::Mobility => {
                    let last = match site.mobility.remember_last_user {
                        true => house.last_users().await?,
                        false => Vec::new(),
                    };
                    mobility(&site, &house.who().await?, &last)
                }
            };
            rows.0.insert(table, filled);
        }
        Ok(rows)
    }

    /// The rows of a table.
    pub fn in_table(&self, table: Table) -> &[Row] {
        self.0.get(&table).map(Vec::as_slice).unwrap_or_default()
    }
}

#[cfg(test)]
impl<const N: usize> From<[(Table, Vec<Row>); N]> for Rows {
    fn from(tables: [(Table, Vec<Row>); N]) -> Rows {
        Rows(tables.into())
    }
}

fn phones_and_profiles(site: &Site) -> Vec<Row> {
    let phones = site.phones.iter().map(|(name, phone)| {
        vec![
            Some(devices::id_of(name).to_string()),
            Some(name.to_string()),
            Some(devices::description(phone).to_owned()),
            Some(PHONE.to_owned()),
        ]
    });
    let profiles = site.user_profiles.keys().map(|name| {
        vec![
            Some(Id::of(Kind::Profile, name.as_str()).to_string()),
            Some(name.to_string()),
            Some(String::new()),
            Some(PROFILE.to_owned()),
        ]
    });
    phones.chain(profiles).collect()
}

fn users(site: &Site) -> Vec<Row> {
    let users = site.users.iter().map(|(id, user)| {
        vec![
            Some(directory::id_of(id).to_string()),
            Some(id.to_string()),
            Some(String::new()),
            Some(user.display_name.clone()),
            Some(user.display_name.clone()),
            Some(user.dn.to_string()),
        ]
    });
    users.collect()
}

fn mobility(site: &Site, who: &[Presence], last: &[(PhoneName, UserId)]) -> Vec<Row> {
    let present: BTreeMap<&PhoneName, &Presence> =
        who.iter().map(|one| (&one.phone, one)).collect();
    let last: BTreeMap<&PhoneName, &UserId> =
        last.iter().map(|(phone, user)| (phone, user)).collect();
    let is_one = |name: &PhoneName| present.contains_key(name);
    let phones = site
        .phones
        .iter()
        .filter(|(name, phone)| is_one(name) || devices::is_hot_desk(site, phone));
    let rows = phones.map(|(name, _)| {
        let there = present.get(name).copied();
        let profile = there.map(|there| Id::of(Kind::Profile, there.profile.as_str()));
        vec![
            Some(Id::of(Kind::Mobility, name.as_str()).to_string()),
            Some(devices::id_of(name).to_string()),
            profile.map(|id| id.to_string()),
            there.map(|there| directory::id_of(&there.user).to_string()),
            last.get(name)
                .map(|user| directory::id_of(user).to_string()),
            there.map(devices::since),
            there.map(|there| there.lasts_s.unwrap_or(0).to_string()),
            there.map(devices::since),
        ]
    });
    rows.collect()
}
