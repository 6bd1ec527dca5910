//! Prometheus metrics. Calls are counted in one tower layer, by method and code, for every role.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Instant,
};

use http::{HeaderMap, Request, Response};
use prometheus::{Encoder, HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry, TextEncoder};
use tonic::Code;
use tower::{Layer, Service};

/// One process's metrics. Cheap to clone; never global, so that processes within a test don't mix.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Registry,
    calls: IntCounterVec,
    seconds: HistogramVec,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Makes an empty registry with the call metrics and the process's own.
    pub fn new() -> Self {
        let registry = Registry::new();
        let calls = Opts::new("whetstone_rpc_total", "Calls by method and gRPC code.");
        let calls = IntCounterVec::new(calls, &["method", "code"]).expect("names and labels are valid");
        let seconds = HistogramOpts::new("whetstone_rpc_seconds", "Seconds from a call to its response's head.");
        let seconds = HistogramVec::new(seconds, &["method"]).expect("names and labels are valid");
        let process = prometheus::process_collector::ProcessCollector::for_self();
        registry.register(Box::new(calls.clone())).expect("registered once");
        registry.register(Box::new(seconds.clone())).expect("registered once");
        registry.register(Box::new(process)).expect("registered once");
        Self { registry, calls, seconds }
    }

    /// The registry, for a role's own metrics.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// All metrics in the text format.
    pub fn text(&self) -> String {
        let mut text = Vec::new();
        // Only a metric without a sample fails to encode, and none is gathered.
        let _ = TextEncoder::new().encode(&self.registry.gather(), &mut text);
        String::from_utf8_lossy(&text).into_owned()
    }

    /// The layer that counts calls.
    pub fn layer(&self) -> CallLayer {
        CallLayer { metrics: self.clone() }
    }
}

/// Counts calls; see [`Metrics::layer`].
#[derive(Clone, Debug)]
pub struct CallLayer {
    metrics: Metrics,
}

impl<S> Layer<S> for CallLayer {
    type Service = CountedCalls<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CountedCalls { inner, metrics: self.metrics.clone() }
    }
}

/// A service whose calls are counted.
#[derive(Clone, Debug)]
pub struct CountedCalls<S> {
    inner: S,
    metrics: Metrics,
}

impl<S, B, R> Service<Request<B>> for CountedCalls<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Unpin,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = CountedCall<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let method = request.uri().path().to_owned();
        CountedCall { method, started: Instant::now(), metrics: self.metrics.clone(), call: self.inner.call(request) }
    }
}

/// A call on its way.
pub struct CountedCall<F> {
    method: String,
    started: Instant,
    metrics: Metrics,
    call: F,
}

impl<F, R, E> Future for CountedCall<F>
where
    F: Future<Output = Result<Response<R>, E>> + Unpin,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = ready!(Pin::new(&mut self.call).poll(context));
        let code = answer.as_ref().map_or(Code::Internal, |response| code_of(response.headers()));
        // An unknown method's name comes from the caller: it must not become a label.
        let method = if code == Code::Unimplemented { "unknown" } else { &self.method };
        self.metrics.calls.with_label_values(&[method, &format!("{code:?}")]).inc();
        self.metrics.seconds.with_label_values(&[method]).observe(self.started.elapsed().as_secs_f64());
        Poll::Ready(answer)
    }
}

/// An error without a body stands in the head; what a stream ends with later is not seen here.
fn code_of(headers: &HeaderMap) -> Code {
    headers.get("grpc-status").map_or(Code::Ok, |status| Code::from_bytes(status.as_bytes()))
}
