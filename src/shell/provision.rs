//! What phones fetch: files made when they are asked for, over TFTP, HTTP and HTTPS.

mod http;
mod key;
mod templates;
mod tftp;

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use bytes::Bytes;
use zeroize::Zeroizing;

use super::clock::Clock;
use super::intake::Intake;
use super::metrics::Metrics;
use super::settings::{Ports, Settings};
use super::sites::{Current, Sites};
use crate::pages::{AUTHENTICATION, EM_APPLICATION, IDLE_PAGE, OFF_HOOK, ON_HOOK, USED};
use crate::pbx::{Answer, PhoneName, Query};
use crate::provision::{
    Asked, File, Index, Key, Library, TemplateProblem, Urls, Wanted, Whereabouts, invitations,
};
use crate::sip::{Keyring, Registrar};
use crate::tokens::Tokens;

pub use http::on_the_web;
pub use key::KeyError;
pub use templates::TemplatesError;
pub use tftp::{open as open_tftp, start as start_tftp};

/// Why nothing can be made for phones.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    /// The key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The templates.
    #[error(transparent)]
    Templates(#[from] TemplatesError),
}

/// What passwords and files are made from.
#[derive(Debug)]
pub struct Workshop {
    key: Key,
    library: Library,
}

impl Workshop {
    /// Reads key and templates, and makes a key if there is none. Takes its time.
    pub fn open(settings: &Settings) -> Result<Workshop, ProvisionError> {
        let key = key::open(&settings.data, &rand::random())?;
        let templates = templates::open(settings.provision.templates.as_deref())?;
        Ok(Workshop {
            library: Library::new(templates, key.clone()),
            key,
        })
    }
}

/// Makes passwords for the registrar.
#[derive(Debug)]
struct OwnKeys(Key);

impl Keyring for OwnKeys {
    fn password(&self, phone: &PhoneName, generation: u32) -> Zeroizing<String> {
        self.0.password(phone, generation)
    }
}

/// What files are made with, and for whom.
#[derive(Debug)]
pub struct Files {
    clock: Clock,
    settings: Arc<Settings>,
    sites: Sites,
    intake: Intake,
    registrar: Arc<Registrar>,
    metrics: Arc<Metrics>,
    library: Library,
    key: Key,
    index: ArcSwap<(u64, Index)>,
    tokens: Mutex<Tokens<PhoneName>>,
}

/// How a file is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// TFTP.
    Tftp,
    /// HTTP.
    Http,
    /// HTTP under TLS.
    Https,
}

impl Door {
    /// The word for it in metrics.
    fn word(self) -> &'static str {
        match self {
            Door::Tftp => "tftp",
            Door::Http => "http",
            Door::Https => "https",
        }
    }
}

/// A file that was made.
#[derive(Debug)]
pub struct Made {
    /// What is in it.
    pub bytes: Bytes,
    /// What HTTP calls that.
    pub content_type: &'static str,
    /// The token in its name, which is used up when the file has arrived.
    pub token: Option<String>,
}

/// Why there is no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotMade {
    /// There is none of that name, or not for whoever asks: nobody is told which.
    NoSuchFile,
    /// Not now.
    Busy,
}

/// An address that works once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Behind host and port.
    pub path: String,
    /// The port for HTTP.
    pub port: u16,
}

impl Files {
    /// Begins to make passwords and files. `sites` are the sites in force.
    pub fn new(
        workshop: Workshop,
        clock: Clock,
        settings: Arc<Settings>,
        sites: Sites,
        intake: Intake,
        registrar: Arc<Registrar>,
        metrics: Arc<Metrics>,
    ) -> Files {
        registrar.use_keyring(Arc::new(OwnKeys(workshop.key.clone())));
        Files {
            clock,
            settings,
            sites,
            intake,
            registrar,
            metrics,
            library: workshop.library,
            key: workshop.key,
            index: ArcSwap::from_pointee((0, Index::default())),
            tokens: Mutex::new(invitations()),
        }
    }

    /// Makes the file of that name for whoever is at `source`, and asked at `local`.
    pub async fn make(
        &self,
        name: &str,
        source: IpAddr,
        local: IpAddr,
        door: Door,
    ) -> Result<Made, NotMade> {
        let made = self.look_for(name, source, local, door).await;
        self.metrics.provision.asked(
            door.word(),
            match &made {
                Ok(_) => "made",
                Err(NotMade::NoSuchFile) => "none",
                Err(NotMade::Busy) => "busy",
            },
        );
        made
    }

    async fn look_for(
        &self,
        name: &str,
        source: IpAddr,
        local: IpAddr,
        door: Door,
    ) -> Result<Made, NotMade> {
        let asked = match door {
            Door::Tftp | Door::Http => Asked::read(name),
            Door::Https => Asked::read_secure(name),
        };
        let current = self.sites.current();
        let holder = asked.token.and_then(|token| self.holder(token));
        let index = self.index(&current);
        let wanted = Library::find(&current.site, &index.1, &asked, holder.as_ref());
        let server = self.whereabouts(local);
        let (text, file) = match wanted.ok_or(NotMade::NoSuchFile)? {
            Wanted::Common(file) => {
                let made = self.library.common(
                    file,
                    &current.site,
                    &server,
                    &self.settings.provision.urls,
                );
                (made.map_err(broken)?, file)
            }
            Wanted::Of(phone, file) => {
                if holder.is_none() && !self.is_at_home(&phone, source) {
                    tracing::debug!(%phone, %source, "its files are not for whoever is there");
                    return Err(NotMade::NoSuchFile);
                }
                let made = self.own(&current, &phone, file, &server).await?;
                (made, file)
            }
        };
        Ok(Made {
            bytes: text.into(),
            content_type: file.content_type(),
            token: asked.token.map(str::to_owned),
        })
    }

    async fn own(
        &self,
        current: &Current,
        name: &PhoneName,
        file: File,
        server: &Whereabouts,
    ) -> Result<String, NotMade> {
        let seat = match self.intake.ask(Query::Seat(name.clone())).await {
            Ok(Answer::Seat(seat)) => seat.ok_or(NotMade::NoSuchFile)?,
            _ => return Err(NotMade::Busy),
        };
        let site = &current.site;
        let phone = site.phones.get(name).ok_or(NotMade::NoSuchFile)?;
        let urls = self.urls(name, server);
        let made = self
            .library
            .own(file, (name, phone), site, &seat, server, &urls);
        made.map_err(broken)
    }

    /// A file has arrived at whoever showed this token.
    pub fn arrived(&self, token: &str) {
        let now = self.clock.now().uptime;
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.take(now, token);
    }

    /// Makes an address that works once, for a phone that gets files; none for another.
    pub fn invite(&self, phone: &PhoneName) -> Option<Invitation> {
        let current = self.sites.current();
        let file = Library::file_with_token(phone, current.site.phones.get(phone)?)?;
        let now = self.clock.now().uptime;
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let token = tokens.give(now, rand::random(), phone.clone());
        let Ports { files, offset, .. } = self.settings.ports;
        Some(Invitation {
            path: format!("/t/{token}/{file}"),
            port: files.saturating_add(offset),
        })
    }

    /// What the address of a phone's idle page says for nobody else to know.
    pub fn idle_token(&self, phone: &PhoneName) -> String {
        self.key.idle_token(phone).to_string()
    }

    fn holder(&self, token: &str) -> Option<PhoneName> {
        let now = self.clock.now().uptime;
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.look(now, token).cloned()
    }

    /// Whether a phone's files may go there without a token: its password is in them.
    fn is_at_home(&self, phone: &PhoneName, source: IpAddr) -> bool {
        let is_registered_there = || {
            let bindings = self.registrar.bindings_of(phone, self.clock.now());
            bindings.iter().any(|one| one.flow.remote.ip() == source)
        };
        self.settings.provision.holds(source) || is_registered_there()
    }

    /// The phones of the site in force, by their hardware addresses.
    fn index(&self, current: &Current) -> Arc<(u64, Index)> {
        let index = self.index.load_full();
        if index.0 == current.revision {
            return index;
        }
        let index = Arc::new((current.revision, Index::of(&current.site)));
        self.index.store(Arc::clone(&index));
        index
    }

    /// Pages that a phone shows: ours, unless the settings name others.
    fn urls(&self, phone: &PhoneName, server: &Whereabouts) -> Urls {
        let Ports { pages, offset, .. } = self.settings.ports;
        let mut urls = self.settings.provision.urls.clone();
        if urls.services.is_none() && pages != 0 {
            let (host, port) = (&server.url_host, pages.saturating_add(offset));
            let page = format!("http://{host}:{port}{EM_APPLICATION}?device={phone}");
            urls.services = Some(page);
        }
        if pages != 0 {
            let (host, port) = (&server.url_host, pages.saturating_add(offset));
            // There a phone says what it calls itself, which need not be its name here.
            let name = match phone.as_str().starts_with("SEP") {
                true => String::new(),
                false => format!("?name={phone}"),
            };
            let page = format!("http://{host}:{port}{AUTHENTICATION}{name}");
            urls.authentication = Some(page);
        }
        if pages != 0 {
            let (host, port) = (&server.url_host, pages.saturating_add(offset));
            let action = |path| Some(format!("http://{host}:{port}{path}?name={phone}"));
            urls.off_hook = action(OFF_HOOK);
            urls.on_hook = action(ON_HOOK);
            urls.used = action(USED);
        }
        if urls.idle.is_none() && pages != 0 && self.settings.provision.idle_page {
            let (host, port) = (&server.url_host, pages.saturating_add(offset));
            let token = self.idle_token(phone);
            let after = urls.idle_s;
            let query = format!("name={phone}&token={token}&after={after}");
            urls.idle = Some(format!("http://{host}:{port}{IDLE_PAGE}?{query}"));
        }
        urls
    }

    fn whereabouts(&self, local: IpAddr) -> Whereabouts {
        let ports = self.settings.ports;
        let at = |port: u16| match port {
            0 => 0,
            port => port.saturating_add(ports.offset),
        };
        let host = match &self.settings.provision.address {
            Some(address) => address.clone(),
            None => local.to_canonical().to_string(),
        };
        Whereabouts {
            url_host: match host.contains(':') {
                true => format!("[{host}]"),
                false => host.clone(),
            },
            host,
            sip: at(ports.sip),
            sips: at(ports.sips),
            sccp: at(ports.sccp),
            files: at(ports.files),
        }
    }
}

/// A template that was tried at the start does not fit this phone after all.
fn broken(problem: TemplateProblem) -> NotMade {
    tracing::error!(%problem, "a file cannot be made");
    NotMade::NoSuchFile
}

/// Who somebody is, without the zone of a link-local address, and as IPv4 if it is that.
fn plain(remote: SocketAddr) -> IpAddr {
    remote.ip().to_canonical()
}
