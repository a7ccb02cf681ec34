//! A method of the service as tonic wants it: what tonic's generated code would hold.

use std::future::Future;
use std::pin::Pin;

use http::{Request, Response};
use prost::Message;
use tonic::Status;
use tonic::body::Body;
use tonic::server::{Grpc, ServerStreamingService, UnaryService};
use tonic_prost::ProstCodec;

/// What a service answers, sooner or later.
pub type Answering<T> = Pin<Box<dyn Future<Output = T> + Send>>;
/// A stream of messages.
pub type Messages<T> = Pin<Box<dyn tokio_stream::Stream<Item = Result<T, Status>> + Send>>;

struct Unary<F>(F);

impl<F, Q, A, Fut> UnaryService<Q> for Unary<F>
where
    F: FnMut(Q) -> Fut,
    Fut: Future<Output = Result<A, Status>> + Send + 'static,
{
    type Response = A;
    type Future = Answering<Result<tonic::Response<A>, Status>>;

    fn call(&mut self, request: tonic::Request<Q>) -> Self::Future {
        let answer = (self.0)(request.into_inner());
        Box::pin(async move { Ok(tonic::Response::new(answer.await?)) })
    }
}

/// One message in, one out.
pub async fn unary<Q, A, Fut>(request: Request<Body>, method: impl FnMut(Q) -> Fut + Send) -> Response<Body>
where
    Q: Message + Default + Send + 'static,
    A: Message + Default + Send + 'static,
    Fut: Future<Output = Result<A, Status>> + Send + 'static,
{
    Grpc::new(ProstCodec::<A, Q>::default())
        .unary(Unary(method), request)
        .await
}

struct Streaming<F>(F);

impl<F, Q, A, Fut> ServerStreamingService<Q> for Streaming<F>
where
    F: FnMut(Q) -> Fut,
    Fut: Future<Output = Result<Messages<A>, Status>> + Send + 'static,
{
    type Response = A;
    type ResponseStream = Messages<A>;
    type Future = Answering<Result<tonic::Response<Messages<A>>, Status>>;

    fn call(&mut self, request: tonic::Request<Q>) -> Self::Future {
        let answer = (self.0)(request.into_inner());
        Box::pin(async move { Ok(tonic::Response::new(answer.await?)) })
    }
}

/// One message in, a stream out.
pub async fn streaming<Q, A, Fut>(request: Request<Body>, method: impl FnMut(Q) -> Fut + Send) -> Response<Body>
where
    Q: Message + Default + Send + 'static,
    A: Message + Default + Send + 'static,
    Fut: Future<Output = Result<Messages<A>, Status>> + Send + 'static,
{
    let mut server = Grpc::new(ProstCodec::<A, Q>::default());
    server.server_streaming(Streaming(method), request).await
}
