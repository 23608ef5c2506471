//! A way to a server over TCP that can fall silent: it takes connections and bytes, and passes nothing on.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::watch;
use udal_embedded::Server;

pub(crate) struct Proxy {
    port: u16,
    accepted: Arc<AtomicUsize>,
    mute: watch::Sender<bool>,
}

impl Proxy {
    pub(crate) async fn start(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let socket = server.socket_dir().join(format!(".s.PGSQL.{}", server.port()));
        let accepted = Arc::new(AtomicUsize::new(0));
        let (mute, muted) = watch::channel(false);
        let count = Arc::clone(&accepted);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                let far = UnixStream::connect(&socket).await.unwrap();
                let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
                tokio::spawn(pass(near_in, far_out, muted.clone()));
                tokio::spawn(pass(far_in, near_out, muted.clone()));
            }
        });
        Proxy { port, accepted, mute }
    }

    /// How to connect to `server` through it.
    pub(crate) fn config(&self, server: &Server) -> tokio_postgres::Config {
        let mut config = tokio_postgres::Config::new();
        config.host("127.0.0.1").port(self.port).user(server.user()).dbname("postgres");
        config
    }

    /// How many connections it has taken.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    pub(crate) fn mute(&self, is_mute: bool) {
        self.mute.send_replace(is_mute);
    }
}

async fn pass(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut muted: watch::Receiver<bool>,
) {
    let mut buffer = Vec::new();
    while let Ok(1..) = from.read_buf(&mut buffer).await {
        if muted.wait_for(|is_mute| !is_mute).await.is_err() || to.write_all(&buffer).await.is_err() {
            return;
        }
        buffer.clear();
    }
}
