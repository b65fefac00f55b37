//! Programs that ask while others are being answered: a house in which passwords take as long as the test wants.

use std::future::{Future, pending};
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use perch::pages::{Fields, Head, House, IdlePages, Method, Pages, Reply, Request, Trouble, Wish};
use perch::pbx::{
    AppUser, AtPhone, Door, OfUser, PhoneName, PinHash, Presence, Refusal, Rest, Seat, Secret,
    Site, UserId,
};
use perch::time::{Now, Utc};

/// Such a house.
struct Slow(Arc<Site>);

impl Slow {
    /// With a program, of which so many requests are worked at, at once.
    fn with(max_requests: u32) -> Slow {
        let app_user = AppUser {
            password: PinHash(String::new()),
            proxy: true,
            push: false,
            axl: true,
        };
        let mut site = Site {
            app_users: [("tool".to_owned(), app_user)].into(),
            ..Site::default()
        };
        site.mobility.max_requests = max_requests;
        Slow(Arc::new(site))
    }
}

impl House for Slow {
    fn now(&self) -> Now {
        Now {
            uptime: Duration::from_secs(1),
            utc: Utc(0),
        }
    }

    fn site(&self) -> Arc<Site> {
        Arc::clone(&self.0)
    }

    fn noise(&self) -> [u8; 16] {
        [0; 16]
    }

    async fn phone(&self, _: &PhoneName) -> Result<Option<AtPhone>, Trouble> {
        Ok(None)
    }

    async fn user(&self, _: &str) -> Result<Option<OfUser>, Trouble> {
        Ok(None)
    }

    async fn who(&self) -> Result<Vec<Presence>, Trouble> {
        Ok(Vec::new())
    }

    async fn last_users(&self) -> Result<Vec<(PhoneName, UserId)>, Trouble> {
        Ok(Vec::new())
    }

    async fn seat(&self, _: &PhoneName) -> Result<Option<Box<Seat>>, Trouble> {
        Ok(None)
    }

    async fn wish(&self, _: Door, _: Wish) -> Result<Result<String, Refusal>, Trouble> {
        Err(Trouble::NoAnswer)
    }

    fn is_own_push(&self, _: &PhoneName, _: &str, _: &Secret) -> bool {
        false
    }

    async fn is_vouched_for_at(&self, _: &str) -> bool {
        false
    }

    fn idle_pages(&self) -> IdlePages {
        IdlePages {
            every: Duration::from_secs(60),
            after: Duration::from_secs(60),
        }
    }

    fn is_at_home(&self, _: IpAddr) -> bool {
        true
    }

    fn idle_token(&self, _: &PhoneName) -> String {
        String::new()
    }

    fn rests_elsewhere(&self, _: &PhoneName, _: Rest) -> bool {
        false
    }

    async fn verify(&self, _: Secret, _: Option<PinHash>) -> Result<bool, Trouble> {
        pending().await
    }

    async fn hash(&self, _: Secret) -> Result<PinHash, Trouble> {
        pending().await
    }
}

fn request(path: &str, xml: &str) -> Request {
    let headers = [("authorization", "Basic dG9vbDpvcGVuIHNlc2FtZQ==")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Request {
        head: Head {
            method: Method::Post,
            path: path.to_owned(),
            source: [192, 0, 2, 1].into(),
            is_secure: true,
            base: "https://perch".to_owned(),
            headers: headers.into(),
        },
        fields: Fields::default().with_form(xml),
    }
}

fn of_api() -> Request {
    let xml = "<query><appInfo><appID>tool</appID><appCertificate>open sesame</appCertificate></appInfo>\
               <checkUser><userID>bob</userID></checkUser></query>";
    request("/emservice/EMServiceServlet", xml)
}

fn look<F: Future>(future: Pin<&mut F>) -> Option<F::Output> {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

fn text(reply: Reply) -> String {
    String::from_utf8(reply.body).expect("it is text")
}

/// rules: ADM-1
#[test]
fn a_request_too_many_is_told_to_come_back_and_no_other() {
    let (pages, house) = (Pages::in_language("en"), Slow::with(2));
    let (a, b, c) = (of_api(), of_api(), of_api());
    let mut first = pin!(pages.answer(&house, &a));
    assert!(look(first.as_mut()).is_none(), "it is worked at");
    {
        let mut second = pin!(pages.answer(&house, &b));
        assert!(look(second.as_mut()).is_none(), "so is this");
        let mut third = pin!(pages.answer(&house, &c));
        let reply = look(third.as_mut()).expect("it is answered at once");
        assert_eq!(reply.status, 200);
        let text = text(reply);
        assert!(
            text.contains("<error code=\"26\">Busy, please try again</error>"),
            "{text}"
        );
        let axl = request("/axl/", "<a/>");
        let mut axl = pin!(pages.answer(&house, &axl));
        let reply = look(axl.as_mut()).expect("it is answered at once");
        assert_eq!(reply.status, 503);
        let retry = reply
            .headers
            .iter()
            .find(|(name, _)| *name == "Retry-After");
        assert!(retry.is_some() && text_of(&reply).contains("<axlcode>26</axlcode>"));
        let page = request("/emapp/EMAppServlet", "");
        let mut page = pin!(pages.answer(&house, &page));
        let reply = look(page.as_mut()).expect("pages have places of their own");
        assert!(!text_of(&reply).contains("(26)"), "{}", text_of(&reply));
    }
    // The second one has hung up: its place is free.
    let mut third = pin!(pages.answer(&house, &c));
    assert!(look(third.as_mut()).is_none(), "it is worked at now");
}

fn text_of(reply: &Reply) -> String {
    text(reply.clone())
}
