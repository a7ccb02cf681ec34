//! `tensorboard.data.TensorBoardDataProvider`: the table of its methods.

use std::convert::Infallible;
use std::task::{Context, Poll};

use http::{Request, Response};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::server::NamedService;

use super::answer::Answer;
use super::method::{Answering, streaming, unary};
use crate::Provider;

/// The service, over a provider.
#[derive(Clone)]
pub struct DataProvider(Answer);

impl DataProvider {
    pub fn new(provider: Provider) -> Self {
        Self(Answer(provider))
    }
}

impl NamedService for DataProvider {
    const NAME: &'static str = "tensorboard.data.TensorBoardDataProvider";
}

impl Service<Request<Body>> for DataProvider {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answering<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let answer = self.0.clone();
        Box::pin(async move {
            let method = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
            Ok(match method.as_str() {
                "GetExperiment" => unary(request, |asked| answer.clone().experiment(asked)).await,
                "ListPlugins" => unary(request, |asked| answer.clone().plugins(asked)).await,
                "ListRuns" => unary(request, |asked| answer.clone().runs(asked)).await,
                "ListScalars" => unary(request, |asked| answer.clone().list_scalars(asked)).await,
                "ReadScalars" => unary(request, |asked| answer.clone().read_scalars(asked)).await,
                "ListTensors" => unary(request, |asked| answer.clone().list_tensors(asked)).await,
                "ReadTensors" => unary(request, |asked| answer.clone().read_tensors(asked)).await,
                "ListBlobSequences" => unary(request, |asked| answer.clone().list_blobs(asked)).await,
                "ReadBlobSequences" => unary(request, |asked| answer.clone().read_blobs(asked)).await,
                "ReadBlob" => streaming(request, |asked| answer.clone().blob(asked)).await,
                _ => Status::unimplemented(format!("there is no method {method}")).into_http(),
            })
        })
    }
}
