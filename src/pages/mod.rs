//! Pages on the displays of phones: a request in, what somebody wishes to the core, XML out. No sockets, no tasks.
//!
//! [`Pages::answer`] is handed a request and a [`House`], the rest of the server as pages see it. What a page may say to
//! whom is decided here; who may log in where is decided by the core, as at every other door.

mod browser;
mod charset;
mod code;
mod emapp;
mod fields;
mod house;
mod objects;
mod page;
mod request;
mod texts;
mod tokens;
mod urls;
mod visit;
mod xml;

use std::fmt;

pub use emapp::PATH as EM_APPLICATION;
pub use fields::Fields;
pub use house::{House, Trouble, Wish};
pub use request::{Head, Method, Reply, Request};

pub use texts::LANGUAGES;
use texts::Texts;
use tokens::Tokens;

/// The pages of a server.
pub struct Pages {
    tokens: Tokens,
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
}

/// Paths are the product's, and case-sensitive like its own.
const PLACES: &[(&str, Place)] = &[("/emapp/EMAppServlet", Place::EmApp)];

impl Pages {
    /// Pages in a language, for phones that do not ask for another.
    pub fn in_language(language: &str) -> Pages {
        let usual = Texts::of(language).or_else(|| Texts::of(LANGUAGES[0]));
        Pages {
            tokens: Tokens::default(),
            usual: usual.expect("there is a usual language"),
        }
    }

    /// Answers a request.
    pub async fn answer(&self, house: &impl House, request: &Request) -> Reply {
        let path = request.head.path.as_str();
        let Some((_, place)) = PLACES.iter().find(|(known, _)| *known == path) else {
            return Reply::plain(404, "There is no such page here\n");
        };
        if !matches!(request.head.method, Method::Get | Method::Post) {
            return Reply::method_not_allowed();
        }
        match place {
            Place::EmApp => emapp::answer(self, house, request).await,
        }
    }
}
