//! The generated trait: parse, call, convert.

use tonic::{Request, Response, Status};
use whetstone_proto::{
    benchmark::v1::{
        CompareRequest, ListComparisonsRequest, ListComparisonsResponse, MeasureBaselineRequest, ScreenRequest,
        benchmark_service_server::BenchmarkService,
    },
    google::longrunning::Operation,
};
use whetstone_runtime::{Operations, Peers, StageHandle};
use whetstone_store::Store;

use crate::{compare::Comparer, config::Config, error::BenchmarkError, store};

/// The service.
pub struct Benchmark {
    pub config: Config,
    pub peers: Peers,
    pub store: Store,
    pub operations: Operations,
}

impl Benchmark {
    fn comparer(&self) -> impl FnOnce(StageHandle) -> Comparer + use<> {
        let (config, peers, store) = (self.config.clone(), self.peers.clone(), self.store.clone());
        |handle| Comparer { config, peers, store, handle }
    }
}

#[tonic::async_trait]
impl BenchmarkService for Benchmark {
    async fn measure_baseline(&self, request: Request<MeasureBaselineRequest>) -> Result<Response<Operation>, Status> {
        let request = request.into_inner();
        let context = request.context.clone().ok_or(BenchmarkError::Incomplete("context"))?;
        let comparer = self.comparer();
        let work = |handle| async move { Ok(comparer(handle).measure_baseline(request).await?) };
        Ok(Response::new(self.operations.start(&context, work).await?))
    }

    async fn screen(&self, request: Request<ScreenRequest>) -> Result<Response<Operation>, Status> {
        let request = request.into_inner();
        let context = request.context.clone().ok_or(BenchmarkError::Incomplete("context"))?;
        let comparer = self.comparer();
        let work = |handle| async move { Ok(comparer(handle).screen(request).await?) };
        Ok(Response::new(self.operations.start(&context, work).await?))
    }

    async fn compare(&self, request: Request<CompareRequest>) -> Result<Response<Operation>, Status> {
        let request = request.into_inner();
        let context = request.context.clone().ok_or(BenchmarkError::Incomplete("context"))?;
        let comparer = self.comparer();
        let work = |handle| async move { Ok(comparer(handle).compare(request).await?) };
        Ok(Response::new(self.operations.start(&context, work).await?))
    }

    async fn list_comparisons(&self, request: Request<ListComparisonsRequest>) -> Result<Response<ListComparisonsResponse>, Status> {
        let listed = store::list(&self.store, &request.into_inner().run).await.map_err(BenchmarkError::from)?;
        let (comparisons, baselines) = listed;
        Ok(Response::new(ListComparisonsResponse { comparisons, baselines }))
    }
}
