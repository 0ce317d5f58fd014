//! A listener on loopback that serves one connection per task and ends cleanly.

use std::{convert::Infallible, net::SocketAddr, time::Duration};

use axum::body::Body;
use http::{Request, Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{net::TcpListener, sync::watch};

/// How long a connection may wait for the headers of its next request. Clients give up an idle
/// connection after 90 s: one that closed earlier, just when it is used again, would be a fault that
/// nobody asked for; one that never closed could be held by whoever sends half a request.
const HEADER_PATIENCE: Duration = Duration::from_secs(100);

/// The address that a request came from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// No answer: the connection ends here.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut")]
pub(crate) struct Cut;

impl From<Infallible> for Cut {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// Turns true when the cloud ends; a sender that is gone says the same.
pub(crate) type Stop = watch::Receiver<bool>;

/// Waits until the cloud ends.
pub(crate) async fn stopped(stop: &mut Stop) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Answers every request until the cloud ends, then lets the running ones finish.
pub(crate) async fn serve<A, F>(listener: TcpListener, answer: A, mut stop: Stop)
where
    A: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Result<Response<Body>, Cut>> + Send + 'static,
{
    let graceful = GracefulShutdown::new();
    loop {
        let (socket, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                // Out of file descriptors, or a peer that was gone before it was accepted: the next one may do.
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    continue;
                }
            },
            () = stopped(&mut stop) => break,
        };
        // Small answers wait for nobody: without it loopback takes 40 ms for each.
        let _ = socket.set_nodelay(true);
        let answer = answer.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer));
            answer(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_PATIENCE)
            .serve_connection(TokioIo::new(socket), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // An error here is the client's: it went away, or was cut off on purpose.
            let _ = connection.await;
        });
    }
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(Duration::from_secs(5)) => {}
    }
}
