//! The server from start to stop.

use std::io;
use std::num::NonZero;
use std::sync::Arc;

use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::checks::Checks;
use super::cucm::{self, Cucm, CucmError};
use super::edge::Edge;
use super::events::Events;
use super::flows::Flows;
use super::guard::{self, Guard};
use super::intake::{Inputs, Intake, intake};
use super::media::Media;
use super::metrics::Metrics;
use super::newcomers::Newcomers;
use super::pages::PageServer;
use super::provision::{self, Files, ProvisionError, Workshop};
use super::push::Pushes;
use super::readiness::Readiness;
use super::relay::Relays;
use super::run::{Backlog, Progress, Run};
use super::sccp::{self, Sccp};
use super::settings::Settings;
use super::signals::Signals;
use super::sites::{FirstSite, FirstSiteError, Sites, begin_with};
use super::sockets::{self, ListenError, Sockets};
use super::stream::Service;
use super::streams::Streams;
use super::tls::{Tls, TlsError};
use super::trunks;
use super::turns::Died;
use super::udp::Udp;
use super::wires::Wires;
use super::{Clock, housekeeping, http};
use crate::control::{self, Token, TokenError};
use crate::exchange::{Exchange, Input, Start};
use crate::pbx::{PhoneName, Remembered};
use crate::sip::{Registrar, Witness};
use crate::store::{self, Listener, Opened, Store, StoreError, Stored};

/// What keeps a server from starting, or ended it.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A socket cannot be opened.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The control API's token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// What files for phones are made from.
    #[error(transparent)]
    Provision(#[from] ProvisionError),
    /// Another call manager.
    #[error(transparent)]
    Cucm(#[from] CucmError),
    /// The site that it was to begin with.
    #[error(transparent)]
    FirstSite(#[from] FirstSiteError),
    /// The system does not tell us of signals, or takes our sockets away.
    #[error("the system refused what every server needs: {0}. Look at its limits and its log")]
    System(#[from] io::Error),
    /// The exchange ended by a fault of ours.
    #[error("the exchange ended by a fault in Perch; start the server again, and report its log")]
    Died,
    /// Stopping took too long.
    #[error(
        "the time to stop was up before everything was stored. What phones were told is safe; set limits.stop_s \
         higher if this happens again"
    )]
    Stop,
}

/// A server, as those see it that offer it to others: the control API, the pages.
#[derive(Clone, Debug)]
pub struct Server {
    /// Reads the clocks.
    pub clock: Clock,
    /// How it was set up.
    pub settings: Arc<Settings>,
    /// The way into the exchange.
    pub intake: Intake,
    /// What happens.
    pub events: Events,
    /// Whether it is ready.
    pub readiness: Readiness,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Where phones are, and who may say to be one.
    pub registrar: Arc<Registrar>,
    /// The site in force.
    pub sites: Sites,
    /// The store.
    pub store: Store,
    /// What phones fetch.
    pub files: Arc<Files>,
    /// What phones are told at their web servers.
    pub pushes: Arc<Pushes>,
    /// Another call manager, whose idle phones are looked after.
    pub cucm: Option<Arc<Cucm>>,
}

/// What is needed until the stop.
struct Running {
    server: Server,
    registrar: Arc<Registrar>,
    wires: Wires,
    exchange: JoinHandle<Result<(), Died>>,
}

/// Serves until a signal says to stop. `first` is the site for an empty store, and the only one that is served
/// then. `started` is called once, when peers can reach it.
pub async fn serve(
    settings: Settings,
    first: Option<FirstSite>,
    started: impl AsyncFnOnce(Server),
) -> Result<(), ServeError> {
    let mut signals = Signals::listen()?;
    let sockets = sockets::open(&settings)?;
    let mut running = start(settings, first, sockets).await?;
    started(running.server.clone()).await;
    tokio::select! {
        () = signals.next() => {}
        _ = &mut running.exchange => return Err(ServeError::Died),
    }
    let limits = running.server.settings.limits;
    let limit = limits.drain + limits.stop;
    tokio::select! {
        stopped = timeout(limit, stop(running)) => stopped.unwrap_or(Err(ServeError::Stop)),
        () = signals.next() => std::process::exit(1),
    }
}

async fn start(
    settings: Settings,
    first: Option<FirstSite>,
    sockets: Sockets,
) -> Result<Running, ServeError> {
    let settings = Arc::new(settings);
    let clock = Clock::start();
    let readiness = Readiness::default();
    let (intake, inputs) = intake(settings.queues.exchange);
    let mut opened = open_store(&settings, &intake, &readiness).await?;
    if let Some(first) = first {
        begin_with(first, &settings, &mut opened).await?;
    }
    let Opened {
        store,
        site,
        remembered,
        bindings,
    } = opened;
    let registrar = Registrar::new(rand::random(), settings.registration);
    let registrar = Arc::new(registrar.offering(settings.digest));
    let metrics = Arc::new(Metrics::new(Arc::clone(&registrar)));
    let sites = Sites::new(site, store.clone(), intake.clone(), readiness.clone());
    let files = Files::new(
        open_workshop(&settings).await?,
        clock,
        Arc::clone(&settings),
        sites.clone(),
        intake.clone(),
        Arc::clone(&registrar),
        Arc::clone(&metrics),
    );
    let pushes = Pushes::new(&settings, intake.clone())?;
    let server = Server {
        cucm: open_cucm(&settings).await?,
        clock,
        events: Events::new(settings.queues.events),
        settings,
        intake,
        readiness,
        metrics,
        registrar: Arc::clone(&registrar),
        sites,
        store,
        files: Arc::new(files),
        pushes: Arc::new(pushes),
    };
    let running = connect(server, registrar, sockets, inputs, remembered, bindings).await?;
    running
        .server
        .readiness
        .update(|state| state.listening = true);
    Ok(running)
}

/// Reads key and templates: off the runtime, as there may be many.
async fn open_workshop(settings: &Arc<Settings>) -> Result<Workshop, ServeError> {
    let settings = Arc::clone(settings);
    let opened = tokio::task::spawn_blocking(move || Workshop::open(&settings)).await;
    Ok(opened.map_err(|_| ServeError::Died)??)
}

/// Reads who may ask the other call manager, off the runtime.
async fn open_cucm(settings: &Arc<Settings>) -> Result<Option<Arc<Cucm>>, ServeError> {
    let settings = Arc::clone(settings);
    let opened = tokio::task::spawn_blocking(move || Cucm::open(&settings)).await;
    Ok(opened.map_err(|_| ServeError::Died)??.map(Arc::new))
}

async fn open_store(
    settings: &Settings,
    intake: &Intake,
    readiness: &Readiness,
) -> Result<Opened, ServeError> {
    let (intake, readiness) = (intake.clone(), readiness.clone());
    let listener: Listener = Box::new(move |news| match news {
        Stored::Committed { seq, claims } => intake.leave(Input::Committed { seq, claims }),
        Stored::ClaimsFailed(claims) => intake.leave(Input::ClaimsFailed(claims)),
        Stored::Trouble { why } => {
            tracing::error!(why, "the store does not work");
            readiness.update(|state| state.store = Some(why));
        }
        Stored::Recovered => {
            tracing::info!("the store works again");
            readiness.update(|state| state.store = None);
        }
    });
    let (dir, limits) = (settings.data.clone(), settings.history.clone());
    let opened =
        tokio::task::spawn_blocking(move || store::open_with(&dir, limits, listener)).await;
    Ok(opened.map_err(|_| StoreError::Died)??)
}

/// Joins the exchange to its sockets. Phones whose bindings were saved are known before the first message is read.
async fn connect(
    server: Server,
    registrar: Arc<Registrar>,
    sockets: Sockets,
    inputs: Inputs,
    remembered: Remembered,
    bindings: Vec<(PhoneName, String)>,
) -> Result<Running, ServeError> {
    let token = server.settings.control.token_file.as_deref();
    let token = token.map(Token::read).transpose()?;
    let guard = guard(&server, &registrar);
    let edge = Arc::new(edge(&server, &registrar, &guard));
    let tls = open_tls(&server).await?;
    let udp = Arc::new(Udp::new(sockets.datagrams, Arc::clone(&server.metrics))?);
    let wires = Wires {
        streams: Arc::new(stream_side(&server, &edge, &tls)),
        udp: Arc::clone(&udp),
        sccp: Arc::new(sccp_side(&server, Arc::clone(&guard), &tls)),
    };
    let start = Start {
        now: server.clock.now(),
        seed: rand::random(),
        registrar: Arc::clone(&registrar),
        site: Arc::clone(&server.sites.current().site),
        remembered,
    };
    let media = Arc::new(Media::new(
        server.clock,
        sockets.media,
        server.intake.clone(),
        Arc::clone(&server.metrics),
    ));
    let mut exchange = Exchange::new(start)
        .with_media_at(media.bound()?)
        .with_sessions(server.settings.sessions)
        .with_watching(server.settings.watching)
        .with_sccp(server.settings.sccp.of_exchange());
    exchange.set_relay(!server.settings.media_relay.rtpengine.is_empty());
    media.start();
    let exchange = run(&server, exchange, inputs, wires.clone(), media)?;
    for news in registrar.restore(server.clock.now(), bindings) {
        server.intake.tell(Input::News(news)).await;
    }
    udp.start(&edge, workers())?;
    for (transport, listener) in sockets.streams {
        wires.streams.start(transport, listener);
    }
    for (security, listener) in sockets.sccp {
        wires.sccp.start(security, listener);
    }
    for socket in sockets.tftp {
        provision::start_tftp(socket, Arc::clone(&server.files), Arc::clone(&guard));
    }
    let files = provision::on_the_web(&server.files, Arc::clone(&guard), Arc::clone(&tls));
    for (scheme, listener) in sockets.files {
        files.start(scheme, listener);
    }
    control::start(sockets.control, &server, token);
    for listener in sockets.http {
        http::start(listener, pages(&server));
    }
    let pages = PageServer::on_the_web(server.clone(), guard, Arc::clone(&tls));
    for (scheme, listener) in sockets.pages {
        pages.start(scheme, listener);
    }
    cucm::start(&server);
    trunks::start(server.clone());
    housekeeping::start(server.clone(), Arc::clone(&registrar), wires.clone());
    housekeeping::look_after(server.clock, tls);
    Ok(Running {
        server,
        registrar,
        wires,
        exchange,
    })
}

/// What is in front of the sockets.
fn guard(server: &Server, registrar: &Arc<Registrar>) -> Arc<Guard> {
    let settings = server.settings.guard.clone();
    let guard = Arc::new(Guard::new(settings, Arc::clone(&server.metrics)));
    registrar.be_watched_by(Arc::clone(&guard) as Arc<dyn Witness>);
    guard::start(Arc::clone(&guard), server.clock);
    guard
}

/// What the socket workers share.
fn edge(server: &Server, registrar: &Arc<Registrar>, guard: &Arc<Guard>) -> Edge {
    Edge::new(
        server.clock,
        Arc::clone(registrar),
        server.intake.clone(),
        Arc::clone(&server.metrics),
        Arc::clone(guard),
    )
}

fn sccp_side(server: &Server, guard: Arc<Guard>, tls: &Arc<Tls>) -> Sccp {
    let service = sccp::Service {
        clock: server.clock,
        limits: server.settings.limits,
        settings: server.settings.sccp.clone(),
        intake: server.intake.clone(),
        guard,
        metrics: Arc::clone(&server.metrics),
    };
    Sccp::new(service, Arc::clone(tls))
}

fn stream_side(server: &Server, edge: &Arc<Edge>, tls: &Arc<Tls>) -> Streams {
    let limits = server.settings.limits;
    let metrics = Arc::clone(&server.metrics);
    let outbox = server.settings.queues.connection;
    let flows = Arc::new(Flows::new(limits, outbox, Arc::clone(&metrics)));
    let service = Service {
        clock: server.clock,
        limits,
        edge: Arc::clone(edge),
        metrics,
    };
    let origins = server.settings.web_socket.origins.clone();
    Streams::new(service, flows, Arc::clone(tls), origins)
}

/// Reads the certificate, or makes one: off the runtime, as making it takes a moment.
async fn open_tls(server: &Server) -> Result<Arc<Tls>, ServeError> {
    let (settings, metrics) = (Arc::clone(&server.settings), Arc::clone(&server.metrics));
    let now = server.clock.now().utc;
    let opened = tokio::task::spawn_blocking(move || Tls::open(&settings, now, metrics)).await;
    Ok(Arc::new(opened.map_err(|_| ServeError::Died)??))
}

fn run(
    server: &Server,
    exchange: Exchange,
    inputs: Inputs,
    wires: Wires,
    media: Arc<Media>,
) -> io::Result<JoinHandle<Result<(), Died>>> {
    let relays = Relays::new(
        server.clock,
        &server.settings.media_relay.rtpengine,
        server.intake.clone(),
        Arc::clone(&server.metrics),
    )?;
    relays.start();
    let checks = Checks::start(
        server.clock,
        workers(),
        server.settings.queues.checks,
        server.intake.clone(),
        Arc::clone(&server.metrics),
    );
    let turns = Arc::clone(&inputs.turns);
    turns.begin(Run {
        clock: server.clock,
        exchange,
        inputs,
        wires,
        media,
        store: server.store.clone(),
        checks,
        pushes: Arc::clone(&server.pushes),
        relays,
        newcomers: Newcomers::start(server.sites.clone()),
        drain: server.settings.limits.drain,
        events: server.events.clone(),
        metrics: Arc::clone(&server.metrics),
        backlog: Backlog::default(),
        progress: Progress::default(),
    });
    Ok(tokio::spawn(async move { turns.until_drained().await }))
}

fn pages(server: &Server) -> http::Pages {
    http::Pages {
        readiness: server.readiness.clone(),
        metrics: Arc::clone(&server.metrics),
        intake: server.intake.clone(),
    }
}

fn workers() -> usize {
    std::thread::available_parallelism().map_or(2, NonZero::get)
}

/// Nothing new; what is wanted stored is stored; then the store is closed.
async fn stop(running: Running) -> Result<(), ServeError> {
    tracing::info!("stopping");
    let server = running.server;
    server.readiness.update(|state| state.draining = true);
    housekeeping::tell_news(&server, &running.registrar).await;
    server.intake.tell(Input::Draining).await;
    let drained = running.exchange.await;
    drained
        .map_err(|_| Died)
        .flatten()
        .map_err(|_| ServeError::Died)?;
    housekeeping::save_bindings(&server, &running.registrar);
    running.wires.streams.close_all();
    running.wires.sccp.close_all();
    let store = server.store;
    let closed = tokio::task::spawn_blocking(move || store.close()).await;
    closed.map_err(|_| StoreError::Died)??;
    tracing::info!("stopped");
    Ok(())
}
