//! The table of contents: every address this server answers.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post, put};
use glassboard_tensorboard::plugins::{
    audio, core, custom_scalars, graphs as graph, histograms as histogram, hparams as hparam, images as image, mesh,
    pr_curves as pr_curve, scalars as scalar, text, timeseries,
};
use tower_http::catch_panic::CatchPanicLayer;

use crate::problem::Problem;
use crate::security::{headers, host, origin, require_login};
use crate::state::AppState;
use crate::tensorboard::ask;
use crate::{
    activations, assets, compare, comparisons, custom, distributions, embeddings, events, experiments, explanations,
    graphs, help, histograms, hparams, images, imports, inputs, jobs, landing, latest, login, logs, meshes, methods,
    models, page, pr_curves, predictions, projections, runs, scalars, sounds, table, tags, texts, timing, views,
};

/// The largest body of a route that does not say otherwise; uploads stream past it in their own files.
const BODY_LIMIT: usize = 1 << 20;

/// Everything, inside its layers.
pub fn router(app: &AppState) -> Router {
    let inner = Router::new()
        .merge(pages())
        .nest("/api/v1", api())
        .nest("/data", tensorboard())
        .nest("/experiment/{exp}/data", tensorboard())
        .route("/assets/{name}", get(assets::get))
        .fallback(nothing_here)
        .method_not_allowed_fallback(not_that_way);
    let prefixed = if app.base().is_empty() {
        inner
    } else {
        Router::new().nest(app.base(), inner).fallback(nothing_here)
    };
    // The last layer is the outermost.
    prefixed
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(from_fn_with_state(app.clone(), require_login))
        .layer(from_fn(origin::check))
        .layer(from_fn_with_state(app.clone(), host::check))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(app.clone(), page::errors_as_pages))
        .layer(from_fn(headers::add))
        .layer(from_fn(timing::add))
        .with_state(app.clone())
}

fn pages() -> Router<AppState> {
    Router::new()
        .route("/", get(landing::show))
        .route("/login", get(login::show).post(login::submit))
        .route("/logout", post(login::leave))
        .route("/help/shortcuts", get(help::shortcuts))
        .route("/runs", get(runs::experiments_page))
        .route("/runs/{exp}", get(runs::first_page))
        .route("/runs/{exp}/scalars", get(runs::scalars_page))
        .route("/runs/{exp}/histograms", get(runs::histograms_page))
        .route("/runs/{exp}/distributions", get(runs::distributions_page))
        .route("/runs/{exp}/pr-curves", get(runs::pr_curves_page))
        .route("/runs/{exp}/custom", get(runs::custom_page))
        .route("/runs/{exp}/images", get(runs::images_page))
        .route("/runs/{exp}/audio", get(runs::audio_page))
        .route("/runs/{exp}/text", get(runs::text_page))
        .route("/runs/{exp}/hparams", get(runs::hparams_page))
        .route("/runs/{exp}/projector", get(runs::projector_page))
        .route("/runs/{exp}/mesh", get(runs::mesh_page))
        .route("/runs/{exp}/graphs", get(runs::graphs_page))
        .route("/runs/{exp}/table", get(table::page))
        .route("/runs/{exp}/r/{run}", get(runs::run_page))
        .route("/runs/{exp}/r/{run}/delete", post(runs::delete_from_page))
        .route("/runs/{exp}/r/{run}/edit", post(runs::edit_from_page))
        .route("/runs/{exp}/r/{run}/deleted/{way}", post(runs::deleted_from_page))
        .route("/compare", get(compare::page))
        .route("/s/{hash}", get(views::open))
        .route("/models", get(models::page::list_page))
        .route("/models/{m}", get(models::page::graph_page))
        .route("/models/{m}/graph", get(models::page::graph_page))
        .route("/models/{m}/tensors", get(models::page::tensors_page))
        .route("/models/{m}/checkpoints", get(models::page::checkpoints_page))
        .route("/models/{m}/difference", get(models::difference::difference_page))
        .route("/models/{m}/concepts", get(models::concepts::concepts_page))
        .route("/models/{m}/metadata", get(models::page::metadata_page))
        .route("/models/{m}/delete", post(models::delete_from_page))
        .route("/explain", get(explanations::page::recent_page))
        .route("/explain/{m}", get(explanations::page::choose_page))
        .route("/explain/{m}/{i}", get(explanations::page::first_page))
        .route("/explain/{m}/{i}/{view}", get(explanations::page::show_page))
        .route("/inputs", get(inputs::page::list_page))
        .route("/inputs/{i}", get(inputs::page::show_page))
        .route("/inputs/{i}/edit", post(inputs::edit_from_page))
        .route("/inputs/{i}/delete", post(inputs::delete_from_page))
        .route("/jobs", get(jobs::page::list_page))
        .route("/jobs/{id}", get(jobs::page::show_page))
}

fn api() -> Router<AppState> {
    Router::new()
        .route("/events", get(events::stream))
        .route("/experiments", get(experiments::list))
        .route("/experiments/{exp}", get(experiments::show))
        .route("/experiments/{exp}/runs", get(runs::list))
        .route(
            "/experiments/{exp}/runs/{run}",
            get(runs::show).patch(runs::edit).delete(runs::delete),
        )
        .route("/experiments/{exp}/runs/{run}/restore", post(runs::restore))
        .route("/experiments/{exp}/runs/actions", post(runs::act))
        .route("/experiments/{exp}/deleted", get(runs::deleted))
        .route("/experiments/{exp}/table", get(table::get))
        .route("/experiments/{exp}/log", post(logs::write))
        .route("/experiments/{exp}/files", get(logs::files).put(logs::receive))
        .route("/experiments/{exp}/tags", get(tags::list))
        .route("/experiments/{exp}/scalars", get(scalars::query))
        .route("/experiments/{exp}/scalars.svg", get(scalars::svg))
        .route("/experiments/{exp}/groups", get(scalars::groups))
        .route("/experiments/{exp}/bands", get(scalars::bands))
        .route("/experiments/{exp}/stats", get(scalars::stats))
        .route("/experiments/{exp}/export", get(scalars::export))
        .route("/experiments/{exp}/latest", get(latest::show))
        .route("/experiments/{exp}/histograms", get(histograms::list))
        .route("/experiments/{exp}/distributions", get(distributions::list))
        .route("/experiments/{exp}/pr-curves", get(pr_curves::list))
        .route("/experiments/{exp}/custom", get(custom::show))
        .route("/experiments/{exp}/margins", get(scalars::margins))
        .route("/experiments/{exp}/images", get(images::list))
        .route("/experiments/{exp}/audio", get(sounds::list))
        .route("/experiments/{exp}/texts", get(texts::list))
        .route("/experiments/{exp}/meshes", get(meshes::list))
        .route("/experiments/{exp}/mesh", get(meshes::steps))
        .route("/experiments/{exp}/mesh/data", get(meshes::data))
        .route("/experiments/{exp}/hparams", get(hparams::list))
        .route("/experiments/{exp}/embeddings", get(embeddings::list))
        .route("/embeddings/{id}/{part}", get(embeddings::part))
        .route("/embeddings/{id}/projections", post(projections::ask))
        .route("/projections/{id}", get(projections::show))
        .route("/projections/{id}/at", get(projections::at))
        .route("/experiments/{exp}/graphs", get(graphs::list))
        .route("/experiments/{exp}/graph", get(graphs::show))
        .route("/experiments/{exp}/graph/find", get(graphs::find))
        .route(
            "/graphs/look",
            post(graphs::look).layer(DefaultBodyLimit::max(graphs::LARGEST)),
        )
        .route("/images/{id}", get(images::get))
        .route("/audio/{id}", get(sounds::get))
        .route("/audio/{id}/about", get(sounds::about))
        .route("/texts/{id}", get(texts::get))
        .route("/views", post(views::save))
        .route("/imports", post(imports::run))
        .route("/models", get(models::list).put(models::upload))
        .route("/models/{m}", get(models::show).delete(models::delete))
        .route("/models/{m}/graph", get(models::graph))
        .route("/models/{m}/tensors", get(models::tensors))
        .route("/models/{m}/tensors/history", get(models::history))
        .route(
            "/models/{m}/preprocess",
            get(models::preprocess).put(models::set_preprocess),
        )
        .route(
            "/models/{m}/vocabulary",
            put(models::set_vocabulary).layer(DefaultBodyLimit::disable()),
        )
        .route(
            "/models/{m}/parity",
            get(models::parity)
                .put(models::set_parity)
                .delete(models::forget_parity)
                .layer(DefaultBodyLimit::disable()),
        )
        .route("/inputs", get(inputs::list).put(inputs::upload))
        .route(
            "/inputs/{i}",
            get(inputs::show).patch(inputs::edit).delete(inputs::delete),
        )
        .route("/inputs/{i}/picture.png", get(inputs::picture))
        .route("/inputs/{i}/rows", get(inputs::rows))
        .route("/inputs/{i}/file", get(inputs::file))
        .route("/methods", get(methods::list))
        .route("/explanations", get(explanations::list).post(explanations::ask))
        .route("/explanations/ephemeral", post(explanations::ephemeral))
        .route(
            "/explanations/{id}",
            get(explanations::show).delete(explanations::delete),
        )
        .route("/explanations/{id}/attribution", get(explanations::attribution))
        .route("/explanations/{id}/report", get(explanations::report))
        .route("/comparisons", post(comparisons::ask))
        .route("/comparisons/{id}", get(comparisons::show).delete(comparisons::delete))
        .route("/comparisons/{id}/maps", get(comparisons::maps))
        .route("/predictions", post(predictions::ask))
        .route("/activations", post(activations::ask))
        .route("/activations/strongest", post(activations::strongest))
        .route("/activations/{id}", get(activations::show))
        .route("/jobs", get(jobs::list))
        .route("/jobs/{id}", get(jobs::show))
        .route("/jobs/{id}/cancel", post(jobs::cancel))
        .fallback(nothing_here)
}

/// TensorBoard's HTTP API.
fn tensorboard() -> Router<AppState> {
    Router::new()
        .route("/environment", get(ask(core::environment)))
        .route("/logdir", get(ask(core::logdir)))
        .route("/window_properties", get(ask(core::window_properties)))
        .route("/runs", get(ask(core::runs)))
        .route("/experiments", get(ask(core::experiments)))
        .route("/experiment_runs", get(ask(core::experiment_runs)))
        .route("/notifications", get(ask(core::notifications)))
        .route("/plugins_listing", get(ask(core::plugins_listing)))
        .route("/plugin/scalars/tags", get(ask(scalar::tags)))
        .route("/plugin/scalars/scalars", get(ask(scalar::scalars)))
        .route("/plugin/scalars/scalars_multirun", post(ask(scalar::scalars_multirun)))
        .route("/plugin/timeseries/tags", get(ask(timeseries::tags)))
        .route(
            "/plugin/timeseries/timeSeries",
            get(ask(timeseries::time_series)).post(ask(timeseries::time_series)),
        )
        .route("/plugin/timeseries/imageData", get(ask(timeseries::image_data)))
        .route("/plugin/histograms/tags", get(ask(histogram::tags)))
        .route("/plugin/histograms/histograms", get(ask(histogram::histograms)))
        .route("/plugin/distributions/tags", get(ask(histogram::tags)))
        .route(
            "/plugin/distributions/distributions",
            get(ask(histogram::distributions)),
        )
        .route("/plugin/images/tags", get(ask(image::tags)))
        .route("/plugin/images/images", get(ask(image::images)))
        .route("/plugin/images/individualImage", get(ask(image::individual_image)))
        .route("/plugin/audio/tags", get(ask(audio::tags)))
        .route("/plugin/audio/audio", get(ask(audio::audio)))
        .route("/plugin/audio/individualAudio", get(ask(audio::individual_audio)))
        .route("/plugin/text/tags", get(ask(text::tags)))
        .route("/plugin/text/text", get(ask(text::text)))
        .route("/plugin/pr_curves/tags", get(ask(pr_curve::tags)))
        .route("/plugin/pr_curves/pr_curves", get(ask(pr_curve::pr_curves)))
        .route("/plugin/custom_scalars/layout", get(ask(custom_scalars::layout)))
        .route("/plugin/custom_scalars/scalars", get(ask(custom_scalars::matching)))
        .route(
            "/plugin/custom_scalars/download_data",
            get(ask(custom_scalars::download_data)),
        )
        .route("/plugin/mesh/tags", get(ask(mesh::tags)))
        .route("/plugin/mesh/meshes", get(ask(mesh::meshes)))
        .route("/plugin/mesh/data", get(ask(mesh::data)))
        .route("/plugin/graphs/info", get(ask(graph::info)))
        .route("/plugin/graphs/graph", get(ask(graph::graph)))
        .route("/plugin/graphs/run_metadata", get(ask(graph::run_metadata)))
        .route(
            "/plugin/hparams/experiment",
            get(ask(hparam::experiment)).post(ask(hparam::experiment)),
        )
        .route(
            "/plugin/hparams/session_groups",
            get(ask(hparam::session_groups)).post(ask(hparam::session_groups)),
        )
        .route(
            "/plugin/hparams/metric_evals",
            get(ask(hparam::metric_evals)).post(ask(hparam::metric_evals)),
        )
        .route("/plugin/hparams/download_data", get(ask(hparam::download_data)))
        .fallback(nothing_here)
}

async fn nothing_here() -> Problem {
    Problem::not_found("There is nothing at this address. It may have been deleted or renamed.")
}

async fn not_that_way() -> Problem {
    Problem::new(
        axum::http::StatusCode::METHOD_NOT_ALLOWED,
        "This address does not take that method; docs/api.md says which it takes.",
    )
}

#[expect(clippy::needless_pass_by_value, reason = "the signature tower-http asks for")]
fn panicked(payload: Box<dyn std::any::Any + Send>) -> axum::response::Response {
    let words = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied());
    axum::response::IntoResponse::into_response(Problem::internal(format!(
        "a handler panicked: {}",
        words.unwrap_or("?")
    )))
}
