//! The Lambda of the guarantor's desk.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    // The thread that unpacks begins when the way to the table makes this one wait.
    let unpack = async { typeface::unpack() };
    let (started, ()) = tokio::join!(biased; web::lambda::start(), unpack);
    let (environment, aws) = started?;
    lambda_http::run(issue::router(&environment, &aws)?).await
}
