//! Pages on the displays of phones: a request in, what somebody wishes to the core, XML out. No sockets, no tasks.
//!
//! [`Pages::answer`] is handed a request and a [`House`], the rest of the server as pages see it. What a page may say to
//! whom is decided here; who may log in where is decided by the core, as at every other door.

mod action;
mod authenticate;
mod axl;
pub mod beside;
mod browser;
mod charset;
mod cisco;
mod code;
mod credential;
mod dials;
mod emapi;
mod emapp;
mod fields;
mod house;
mod idle;
mod mitel;
mod objects;
mod page;
mod programs;
mod proven;
mod request;
mod services;
mod texts;
mod tree;
mod urls;
mod visit;
mod xml;

use std::fmt;

pub use action::{OFF_HOOK, ON_HOOK, USED};
pub use authenticate::PATH as AUTHENTICATION;
pub use axl::AxlDoor;
pub use emapp::PATH as EM_APPLICATION;
pub use fields::Fields;
pub use house::{House, IdlePages, Trouble, Wish};
pub use idle::PATH as IDLE_PAGE;
pub use request::{Head, Method, Reply, Request};

use emapi::Guesses;
use emapp::Words;
use page::Reader;
use programs::Programs;
use proven::Proven;
use services::Service;
pub use texts::LANGUAGES;
use texts::Texts;

use crate::pbx::Signal;

/// The pages of a server.
pub struct Pages {
    proven: Proven,
    programs: Programs,
    guesses: Guesses,
    axl: AxlDoor,
    /// For phones that do not say in which language.
    usual: &'static Texts,
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").finish_non_exhaustive()
    }
}

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The Extension Mobility application.
    EmApp,
    /// The Extension Mobility API.
    EmApi,
    /// AXL.
    Axl,
    /// Another page.
    Page(Page),
    /// Where phones ask who tells them things.
    Authentication,
    /// What a phone asks for when its handset moves.
    Action(Signal),
}

/// A page of a phone that is no part of the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Page {
    /// What the Services key leads to.
    Service(Service),
    /// What a phone shows that nobody uses.
    Idle,
    /// To change a PIN.
    Credential,
    /// To change one's speed dials.
    Dials,
}

/// Paths are the product's, and case-sensitive like its own.
const PLACES: &[(&str, Place)] = &[
    (emapp::PATH, Place::EmApp),
    ("/emservice/EMServiceServlet", Place::EmApi),
    (services::MENU, Place::Page(Page::Service(Service::Menu))),
    // What others call it.
    (
        "/CCMCIP/getservicesmenu.asp",
        Place::Page(Page::Service(Service::Menu)),
    ),
    ("/serviceurl", Place::Page(Page::Service(Service::Menu))),
    (idle::PATH, Place::Page(Page::Idle)),
    (action::OFF_HOOK, Place::Action(Signal::OffHook)),
    (action::ON_HOOK, Place::Action(Signal::OnHook)),
    (action::USED, Place::Action(Signal::Key)),
    (services::PAGES, Place::Page(Page::Service(Service::Menu))),
    (services::WHO, Place::Page(Page::Service(Service::Who))),
    (services::STAY, Place::Page(Page::Service(Service::Stay))),
    (axl::PATHS[0], Place::Axl),
    (axl::PATHS[1], Place::Axl),
    // As CallManager Express has it.
    (
        "/CMEserverForPhone/serviceurl",
        Place::Page(Page::Service(Service::Menu)),
    ),
    (credential::PATH, Place::Page(Page::Credential)),
    (dials::PATH, Place::Page(Page::Dials)),
    // What it was called before.
    ("/LoginService/login.asp", Place::EmApi),
    ("/LoginService/query.asp", Place::EmApi),
];

impl Pages {
    /// Pages in a language, for phones that do not ask for another.
    pub fn in_language(language: &str) -> Pages {
        let usual = Texts::of(language).or_else(|| Texts::of(LANGUAGES[0]));
        Pages {
            proven: Proven::default(),
            programs: Programs::default(),
            guesses: Guesses::default(),
            axl: AxlDoor::default(),
            usual: usual.expect("there is a usual language"),
        }
    }

    /// The same with AXL there.
    #[must_use]
    pub fn with_axl(self, axl: AxlDoor) -> Pages {
        Pages { axl, ..self }
    }

    /// Whether a path leads to what programs use, which ask often and close together; phones ask seldom.
    pub fn is_for_programs(path: &str) -> bool {
        let place = PLACES.iter().find(|(known, _)| *known == path);
        matches!(place, Some((_, Place::EmApi | Place::Axl)))
    }

    /// Answers a request.
    pub async fn answer(&self, house: &impl House, request: &Request) -> Reply {
        let path = request.head.path.as_str();
        let place = PLACES.iter().find(|(known, _)| *known == path);
        let place = place.map(|(_, place)| *place);
        let place = place.or(authenticate::is_asked_at(path).then_some(Place::Authentication));
        let Some(place) = place else {
            return Reply::plain(404, "There is no such page here\n");
        };
        if !matches!(request.head.method, Method::Get | Method::Post) {
            return Reply::method_not_allowed();
        }
        match place {
            Place::EmApi if request.head.method != Method::Post => Reply::method_not_allowed(),
            Place::EmApi => emapi::answer(self, house, request).await,
            Place::Authentication => authenticate::answer(self, house, request).await,
            Place::Axl => axl::answer(self, house, request).await,
            Place::Action(signal) => action::answer(house, request, signal).await,
            Place::EmApp => emapp::answer(self, house, request).await,
            Place::Page(page) => self.show(house, request, page).await,
        }
    }

    /// A page, or why there is none.
    async fn show(&self, house: &impl House, request: &Request, page: Page) -> Reply {
        let reader = Reader::of(house, request, self.usual).await;
        let shown = match page {
            Page::Service(service) => services::show(house, request, service, &reader).await,
            Page::Idle => idle::show(house, request, &reader).await,
            Page::Credential => credential::show(house, request, &reader).await,
            Page::Dials => dials::show(house, request, &reader).await,
        };
        shown.unwrap_or_else(|code| emapp::refused(&reader, Words::for_pages(reader.texts), code))
    }
}
