//! Lists that go on at the press of a button.

use serde_json::json;
use tests::{World, advance_payment};

use crate::browser::Browser;
use crate::flow::CONTRACTOR;

/// Whoever reads with the keys goes on where the list went on, and a failure is said.
#[tokio::test]
async fn a_list_goes_on_with_the_focus_and_says_when_it_cannot() {
    let world = World::new().await;
    let mut body = advance_payment();
    for place in 1..=22 {
        body["contract"]["title"] = json!(format!("市道{place}号線道路改良工事"));
        world.apply(&body).await;
    }
    let browser = Browser::open(&world).await;
    browser.goto("/contractor/applications").await;
    browser.click("ログイン").await;
    browser.log_in(CONTRACTOR.0, CONTRACTOR.1).await;
    browser.see("市道3号線道路改良工事").await;
    browser
        .run("window.real = window.fetch; window.fetch = () => Promise.reject(new TypeError('offline'))")
        .await;
    browser.click("続きを表示する").await;
    browser.see("通信できませんでした。").await;
    let focused = browser
        .run("return document.activeElement.textContent")
        .await;
    assert_eq!(focused, "続きを表示する");
    browser.run("window.fetch = window.real").await;
    browser.click("続きを表示する").await;
    browser.see("市道1号線道路改良工事").await;
    let focused = browser
        .run("return document.activeElement.textContent")
        .await;
    assert_eq!(focused, "市道2号線道路改良工事");
    assert!(!browser.text().await.contains("通信できませんでした。"));
    browser.close().await;
}
