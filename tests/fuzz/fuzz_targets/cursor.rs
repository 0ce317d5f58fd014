//! Which page of a list is asked for: at most a hundred items, after an id in the one form that is given out.
#![no_main]

use axum::extract::FromRequestParts;
use axum::http::Request;
use axum::response::IntoResponse;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use tokio::runtime::Runtime;
use web::Paging;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(fuzz::runtime);

fuzz_target!(|query: &str| {
    let Ok(request) = Request::get(format!("/api/applications?{query}")).body(()) else {
        return;
    };
    let (mut parts, ()) = request.into_parts();
    match RUNTIME.block_on(Paging::from_request_parts(&mut parts, &())) {
        Ok(Paging(page)) => {
            assert!((1..=100).contains(&page.limit));
            let Some(after) = page.after else { return };
            assert_eq!(web::read_ulid(&after.to_string()), Some(after));
        }
        Err(problem) => assert_eq!(problem.into_response().status(), 400),
    }
});
