//! The Lambda of the pages.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    lambda_http::run(portal::router(&web::lambda::begin())?).await
}
