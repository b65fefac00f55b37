//! The site: everything that an administrator has said. Data only; the rules read it.
//!
//! Secrets are here as hashes, and never show in `Debug`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::by_name::ByName;
use super::class_of_service::ClassOfService;
use super::dialplan::{Codes, EmergencyNumbers};
use super::enrolment::AutoRegistration;
use super::hunt_group::{ConnectedName, HuntGroup, HuntGroupLogout, JoinedAtLogout};
use super::job::{Calendar, Job};
use super::mobility::{AppUser, Mobility};
use super::model::PhoneModel;
use super::names::{
    CalendarName, ClassName, Dn, GroupName, HuntGroupName, JobName, Mailbox, ModelName, PhoneName,
    ProfileName, UserGroupName, UserId,
};
use super::place::CivicAddress;
use super::policy::{LogoutLimits, UserGroup};
use super::profile::{LogoutProfile, UserProfile};
use super::provision::Provision;
use super::route::{Numbering, Route};
use super::softphone::SoftphoneSecret;
use super::trunk::Trunk;
use super::upstream::{Upstream, UpstreamUser};

/// A whole site. Every reference in it resolves: `site::check` (the room outside the core) sees to that.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Site {
    /// Site-wide settings.
    pub settings: Settings,
    /// Feature codes.
    pub codes: Codes,
    /// Phone pages and the Extension Mobility API.
    #[serde(default)]
    pub mobility: Mobility,
    /// Emergency numbers and who answers them.
    pub emergency: EmergencyNumbers,
    /// Which phones may come that are not named here. None: none.
    #[serde(default)]
    pub auto_registration: Option<AutoRegistration>,
    /// Models of phones that Perch does not know, or knows otherwise, by name.
    #[serde(default)]
    pub phone_models: BTreeMap<ModelName, Arc<PhoneModel>>,
    /// The firmware that phones are to run, by model (OUT-8).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub firmware: BTreeMap<ModelName, String>,
    /// The other exchange beside which this one stands. None: there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<Upstream>,
    /// Classes of service by name.
    pub classes: BTreeMap<ClassName, ClassOfService>,
    /// Logout profiles by name.
    pub logout_profiles: BTreeMap<ProfileName, LogoutProfile>,
    /// User profiles by name.
    pub user_profiles: BTreeMap<ProfileName, UserProfile>,
    /// Groups of users by name.
    #[serde(default)]
    pub user_groups: BTreeMap<UserGroupName, UserGroup>,
    /// Users by id.
    pub users: ByName<UserId, User>,
    /// Programs that use the Extension Mobility API, by name.
    #[serde(default)]
    pub app_users: BTreeMap<String, AppUser>,
    /// Phones by name.
    pub phones: ByName<PhoneName, Phone>,
    /// Calendars by name.
    #[serde(default)]
    pub calendars: BTreeMap<CalendarName, Arc<Calendar>>,
    /// What happens by the clock besides `logout_times`, by name.
    #[serde(default)]
    pub jobs: BTreeMap<JobName, Job>,
    /// Ways to the rest of the world, by names that no phone and no user has.
    #[serde(default)]
    pub trunks: BTreeMap<PhoneName, Trunk>,
    /// Which numbers go by which of them, by name.
    #[serde(default)]
    pub routes: BTreeMap<String, Route>,
    /// Hunt groups by name (HG-1).
    #[serde(default)]
    pub hunt_groups: BTreeMap<HuntGroupName, HuntGroup>,
}

impl Site {
    /// The same site in memory of its own, packed, each name of a profile once.
    ///
    /// A site is made between pieces of the text or rows that it is read from. For as long as it lies there, the system
    /// does not get the memory of those back; of a large site that is as much again.
    #[must_use]
    pub fn settled(&self) -> Site {
        let users = self.users.iter().map(|(id, user)| {
            let profiles = user.profiles.iter();
            let user = User {
                dn: user.dn.as_str().into(),
                display_name: user.display_name.clone(),
                pin: user.pin.clone(),
                profiles: profiles.map(|p| shared(&self.user_profiles, p)).collect(),
                mailbox: user.mailbox.clone(),
                sip_secret: user.sip_secret.clone(),
                upstream: user.upstream.as_deref().map(|u| Arc::new(u.settled())),
                group: user.group.as_ref().map(|g| shared(&self.user_groups, g)),
                class: user.class.as_ref().map(|c| shared(&self.classes, c)),
                limits: user.limits.clone(),
                exempt: user.exempt,
            };
            (id.as_str().into(), user)
        });
        let phones = self.phones.iter().map(|(name, phone)| {
            let phone = Phone {
                logout_profile: shared(&self.logout_profiles, &phone.logout_profile),
                guest_dn: phone.guest_dn.as_ref().map(|dn| dn.as_str().into()),
                location: phone.location.clone(),
                emergency_number: phone.emergency_number.clone(),
                hardware: phone.hardware.clone(),
                pickup_group: phone.pickup_group.clone(),
                provision: phone.provision.clone(),
                limits: phone.limits.clone(),
                ..*phone
            };
            (name.as_str().into(), phone)
        });
        Site {
            settings: self.settings.clone(),
            codes: self.codes.clone(),
            mobility: self.mobility.clone(),
            emergency: self.emergency.clone(),
            auto_registration: self.auto_registration.clone(),
            phone_models: self.phone_models.clone(),
            firmware: self.firmware.clone(),
            upstream: self.upstream.clone(),
            classes: self.classes.clone(),
            logout_profiles: self.logout_profiles.clone(),
            user_profiles: self.user_profiles.clone(),
            user_groups: self.user_groups.clone(),
            users: users.collect(),
            app_users: self.app_users.clone(),
            phones: phones.collect(),
            calendars: self.calendars.clone(),
            jobs: self.jobs.clone(),
            trunks: self.trunks.clone(),
            routes: self.routes.clone(),
            hunt_groups: self.hunt_groups.clone(),
        }
    }
}

impl Site {
    /// The numbers of voicemail systems: of the site, and of profiles that have another.
    pub fn voicemails(&self) -> impl Iterator<Item = &Dn> {
        let own = self.user_profiles.values();
        let own = own.filter_map(|profile| profile.voicemail.as_ref());
        self.settings.voicemail.iter().chain(own)
    }
}

/// The name as the key of what it names has it: thousands of phones share that.
fn shared<N: Ord + Clone, T>(named: &BTreeMap<N, T>, name: &N) -> N {
    match named.get_key_value(name) {
        Some((key, _)) => key.clone(),
        None => name.clone(),
    }
}

/// Site-wide settings; each default is the product's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The site's name, shown in `perch status`. Empty: nothing was applied yet.
    pub name: String,
    /// IANA time zone of the clock times below.
    pub timezone: String,
    /// The digest realm that phones authenticate in. Changing it needs all phone passwords again.
    pub realm: String,
    /// Where calls go for a DN whose handling is `voicemail` (OUT-7). None: such calls are unreachable.
    pub voicemail: Option<Dn>,
    /// What happens when a user who is logged in logs in elsewhere (SES-2), unless the profile says otherwise.
    pub second_login: SecondLogin,
    /// How long a login waits for a call on the user's first phone, in seconds (SES-2).
    pub move_wait_s: u32,
    /// Up to three clock times at which everybody is logged out (TOD-1), in minutes after midnight, 0–1440.
    pub logout_times: Vec<u16>,
    /// How long a phone may be idle, in minutes, 1–9999 (IDL-2). None: for ever.
    pub idle_limit_min: Option<u32>,
    /// Maximum login time in minutes, 1–10080 (DUR-1). None: not enforced.
    pub max_login_min: Option<u32>,
    /// How long before an automatic logout the phone shows it, in seconds (IDL-6). 0: never.
    pub warning_s: u32,
    /// Whether phones that can also make a sound then (IDL-6).
    pub warning_tone: bool,
    /// How long a held call alone keeps an idle session, in minutes (IDL-2).
    pub held_cap_min: u32,
    /// How long a phone may be off hook without a call or digits before it counts as idle, in seconds (IDL-3).
    pub off_hook_limit_s: u32,
    /// How long after an emergency call nobody is logged out automatically or remotely, in minutes (EMG-1).
    pub emergency_hold_min: u32,
    /// How many automatic logouts may happen in a second (TOD-3).
    pub logouts_per_s: u32,
    /// How long a phone is away, in seconds, that has been at another server rather than started anew (OUT-8).
    pub firmware_away_s: u32,
    /// How long a phone rings before the call counts as not answered, in seconds.
    pub no_answer_s: u32,
    /// How long somebody who is asked for user and PIN may wait before the first key, in seconds.
    pub silence_s: u32,
    /// How long they may wait within a number before it counts as complete, in seconds.
    pub digit_pause_s: u32,
    /// How often they may try.
    pub login_tries: u32,
    /// How long an echo test may last, in seconds.
    pub echo_limit_s: u32,
    /// How long the phone that transferred a call rings when nobody took it, in seconds. 0: the call is released.
    pub transfer_recall_s: u32,
    /// The numbers at which calls wait that are parked, the first ones first. None: calls cannot be parked.
    pub park_slots: Vec<Dn>,
    /// How long a call waits there before it rings again where it was parked, in seconds. 0: for ever.
    pub park_recall_s: u32,
    /// What becomes of calls to a phone where nobody is to be disturbed.
    pub do_not_disturb: DoNotDisturb,
    /// What members of hunt groups are who do not answer (HG-2).
    pub hunt_group_logout: HuntGroupLogout,
    /// What becomes of joined places at a logout, where the group does not say it (HG-6).
    pub hunt_joined_at_logout: JoinedAtLogout,
    /// Whose name callers of groups see, where the group does not say it.
    pub hunt_connected_name: ConnectedName,
    /// How long the PIN of a profile lifts the blocking of numbers after hours, in minutes (PRO-5).
    pub after_hours_pin_min: u32,
    /// Failures that lock a user (SES-8).
    pub lock_after: u32,
    /// The time in which they must fall, in seconds (SES-8).
    pub lock_window_s: u32,
    /// How long the lock lasts, in seconds (SES-8).
    pub lock_s: u32,
    /// Whether user ids may hold letters (SES-4).
    pub alphanumeric_user_id: bool,
    /// How numbers outside are dialled here.
    pub numbering: Numbering,
    /// Where the house is, for those who help.
    pub address: CivicAddress,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            name: String::new(),
            timezone: "UTC".into(),
            realm: "perch".into(),
            voicemail: None,
            second_login: SecondLogin::Move,
            move_wait_s: 60,
            logout_times: Vec::new(),
            idle_limit_min: None,
            max_login_min: None,
            warning_s: 60,
            warning_tone: false,
            held_cap_min: 60,
            off_hook_limit_s: 60,
            emergency_hold_min: 30,
            logouts_per_s: 50,
            firmware_away_s: 300,
            no_answer_s: 60,
            silence_s: 15,
            digit_pause_s: 5,
            login_tries: 3,
            echo_limit_s: 300,
            transfer_recall_s: 30,
            park_slots: Vec::new(),
            park_recall_s: 60,
            do_not_disturb: DoNotDisturb::Reject,
            hunt_group_logout: HuntGroupLogout::Dnd,
            hunt_joined_at_logout: JoinedAtLogout::Leave,
            hunt_connected_name: ConnectedName::Member,
            after_hours_pin_min: 60,
            lock_after: 3,
            lock_window_s: 300,
            lock_s: 900,
            alphanumeric_user_id: true,
            numbering: Numbering::default(),
            address: CivicAddress::default(),
        }
    }
}

/// What becomes of calls to a phone where nobody is to be disturbed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DoNotDisturb {
    /// They find it busy.
    #[default]
    Reject,
    /// They are shown, and not heard. Phones that cannot do that are busy.
    Silent,
}

/// What happens when a user who is logged in logs in elsewhere (SES-2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecondLogin {
    /// The new phone wins, the first is logged out.
    #[default]
    Move,
    /// The second login is refused.
    Refuse,
    /// Several phones at once.
    Allow,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// The user's number; also accepted where a code asks for a user.
    pub dn: Dn,
    /// The name that others see.
    pub display_name: String,
    /// What proves that it is this user.
    pub pin: PinHash,
    /// The user's profiles, the default first (SES-5). Never empty.
    pub profiles: Vec<ProfileName>,
    /// Where the user's messages are at the voicemail system. None: in the mailbox that is called like the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<Mailbox>,
    /// How a softphone proves that it is this user's. None: it cannot register (SES-17).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sip_secret: Option<Box<SoftphoneSecret>>,
    /// Who the user is at the other exchange. None: nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<Arc<UpstreamUser>>,
    /// The group that the user is in. None: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<UserGroupName>,
    /// What the user may do. None: what the profile allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<ClassName>,
    /// When the user is logged out automatically, as far as that is said of this user alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Box<LogoutLimits>>,
    /// Never logged out automatically (EXM-1).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exempt: bool,
}

/// A phone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phone {
    /// What the phone is when nobody is logged in.
    pub logout_profile: ProfileName,
    /// The phone's own number while nobody is logged in, if its logout profile lists no lines.
    pub guest_dn: Option<Dn>,
    /// How a SIP phone proves that it is this phone. None: it cannot register over SIP.
    pub sip_secret: Option<DigestSecret>,
    /// Never logged out automatically (EXM-1).
    pub exempt: bool,
    /// Where the phone stands, for emergency calls (EMG-1).
    pub location: Option<String>,
    /// The number that calls for help are shown with outside, and that leads back to the phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergency_number: Option<Dn>,
    /// What it is made of. None: it speaks SIP, and nobody needs to know more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hardware: Option<Box<Hardware>>,
    /// Who may pick up what rings there, unless whoever is logged in there has a group too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pickup_group: Option<GroupName>,
    /// How it gets what it is to do as files, with a password that the server makes. None: it speaks SCCP, whose files
    /// hold no secret, or somebody sets it up by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provision: Option<Box<Provision>>,
    /// Whether whoever is logged in there may change their own speed dials there (PRO-7).
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub own_speed_dials: bool,
    /// When whoever is there is logged out automatically, as far as that is said of this phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Box<LogoutLimits>>,
}

fn yes() -> bool {
    true
}

/// What a phone is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hardware {
    /// The phone itself.
    pub model: ModelName,
    /// What is plugged into it, in order.
    #[serde(default)]
    pub add_on_modules: Vec<ModelName>,
    /// Whether nobody named it, and it came all the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub enrolled: bool,
}

/// A PIN, hashed by argon2id, as a PHC string.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PinHash(pub String);

impl fmt::Debug for PinHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PinHash(..)")
    }
}

/// A SIP password as the digests that RFC 3261 §22.4 and RFC 8760 need: `H(name:realm:password)`.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestSecret {
    /// By MD5.
    pub md5: [u8; 16],
    /// By SHA-256.
    pub sha256: [u8; 32],
}

impl fmt::Debug for DigestSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DigestSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_settled_site_is_the_same_with_each_profile_named_once() {
        let profile = LogoutProfile::new("guest", "Guest");
        let phone = |dn: &str| Phone {
            logout_profile: "lobby".into(),
            guest_dn: Some(dn.into()),
            sip_secret: None,
            exempt: true,
            location: Some("the hall".into()),
            emergency_number: Some("31205559".into()),
            hardware: Some(Box::new(Hardware {
                model: "7960".into(),
                add_on_modules: vec!["7914".into()],
                enrolled: false,
            })),
            pickup_group: Some("hall".into()),
            provision: None,
            own_speed_dials: true,
            limits: None,
        };
        let digest = DigestSecret {
            md5: [1; 16],
            sha256: [2; 32],
        };
        let user = User {
            dn: "2001".into(),
            display_name: "Alice".into(),
            pin: PinHash("hash".into()),
            profiles: vec!["clerk".into()],
            mailbox: Some("mail-2001".into()),
            sip_secret: Some(Box::new(SoftphoneSecret {
                by_id: digest,
                by_dn: digest,
            })),
            upstream: None,
            group: None,
            class: None,
            limits: None,
            exempt: false,
        };
        let site = Site {
            logout_profiles: [("lobby".into(), profile)].into(),
            users: [("alice".into(), user)].into(),
            phones: [("a".into(), phone("9001")), ("b".into(), phone("9002"))].into(),
            ..Site::default()
        };
        let settled = site.settled();
        assert_eq!(settled, site);
        let names: Vec<*const u8> = settled
            .phones
            .values()
            .map(|phone| phone.logout_profile.as_str().as_ptr())
            .collect();
        assert_eq!(names[0], names[1]);
    }
}
