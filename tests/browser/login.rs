//! Logging in, and out, and being logged out by time.

use local::TokenRequest;
use serde_json::json;
use tests::{World, advance_payment, pdf_text, text};

use crate::browser::Browser;
use crate::flow::{CONTRACTOR, fill_in};

/// Another contractor at the same computer.
const OTHER_CONTRACTOR: (&str, &str) = ("C-100002", "Contractor-100002");

/// Puts an expired token in place of the good one, as time would.
async fn expire(browser: &Browser, world: &World) {
    let token = world.cloud.token(&TokenRequest {
        expires_in: -60,
        ..TokenRequest::access(CONTRACTOR.0, "contractor")
    });
    let script = format!(
        "const main = document.querySelector('script[type=module]').src; \
         (await import(main.replace('main.js', 'session.js'))).keep('{token}');"
    );
    browser.run_async(&script).await;
}

#[tokio::test]
async fn an_expired_login_in_the_middle_of_the_form_loses_nothing() {
    let world = World::new().await;
    let browser = Browser::open(&world).await;
    browser.goto("/contractor/apply").await;
    browser
        .see("受注者のお客様IDとパスワードでログインしてください。")
        .await;
    browser.inspect("login-needed").await;
    browser.click("ログイン").await;
    browser.log_in(CONTRACTOR.0, CONTRACTOR.1).await;
    browser.see("電子交付を希望する").await;
    fill_in(&browser, &advance_payment()).await;
    browser.see("この内容で申し込めます。").await;
    expire(&browser, &world).await;
    browser.click("この内容で申し込む").await;
    browser.see("ログインの有効期限が切れました").await;
    browser.inspect("expired").await;
    // The issuer still knows the person, so the small window comes and goes by itself.
    browser.click("もう一度ログイン").await;
    browser.see("申込を受け付けました。").await;
    browser.alone().await;
    let list = world
        .get(&world.contractor, "/api/applications")
        .await
        .json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    browser.close().await;
}

/// The issuer has forgotten the person too, so that the small window asks for the password.
#[tokio::test]
async fn a_password_typed_in_the_small_window_loses_nothing_either() {
    let world = World::new().await;
    let browser = Browser::open(&world).await;
    browser.goto("/contractor/apply").await;
    browser.click("ログイン").await;
    browser.log_in(CONTRACTOR.0, CONTRACTOR.1).await;
    browser.see("電子交付を希望する").await;
    let mut half = advance_payment();
    half.as_object_mut().unwrap().remove("guaranteed_amount");
    fill_in(&browser, &half).await;
    let typed = "return [...document.querySelectorAll('form [name]')].map(({ value, checked }) => [value, checked])";
    let before = browser.run(typed).await;
    expire(&browser, &world).await;
    browser
        .devtools("Network.clearBrowserCookies", json!({}))
        .await;
    browser.click("この内容で申し込む").await;
    browser.see("ログインの有効期限が切れました").await;
    let form = browser.client.window().await.unwrap();
    browser.click("もう一度ログイン").await;
    browser
        .see("開いたウィンドウでログインしてください。")
        .await;
    let window = browser.other_window(&form).await;
    browser.client.switch_to_window(window).await.unwrap();
    browser.see("パスワード").await;
    browser.inspect("login-again").await;
    browser.log_in(CONTRACTOR.0, "wrong").await;
    browser.see("お客様IDまたはパスワードが違います。").await;
    browser.log_in(CONTRACTOR.0, CONTRACTOR.1).await;
    browser.client.switch_to_window(form).await.unwrap();
    // What was pressed goes on by itself: the one thing that is missing is named.
    browser.see("入力内容をご確認ください(1件)").await;
    assert_eq!(browser.run(typed).await, before, "all that was typed");
    browser.fill("/guaranteed_amount", "12000000").await;
    browser.click("この内容で申し込む").await;
    browser.see("申込を受け付けました。").await;
    browser.close().await;
}

/// A computer may be shared: what one contractor typed is not sent under the ID of the next.
#[tokio::test]
async fn somebody_elses_login_sends_nothing_that_the_first_one_typed() {
    let world = World::new().await;
    let browser = Browser::open(&world).await;
    browser.goto("/contractor/apply").await;
    browser.click("ログイン").await;
    browser.log_in(CONTRACTOR.0, CONTRACTOR.1).await;
    browser.see("電子交付を希望する").await;
    fill_in(&browser, &advance_payment()).await;
    browser.see("この内容で申し込めます。").await;
    expire(&browser, &world).await;
    browser
        .devtools("Network.clearBrowserCookies", json!({}))
        .await;
    browser.click("この内容で申し込む").await;
    let form = browser.client.window().await.unwrap();
    browser.click("もう一度ログイン").await;
    let window = browser.other_window(&form).await;
    browser.client.switch_to_window(window).await.unwrap();
    browser.see("パスワード").await;
    browser.log_in(OTHER_CONTRACTOR.0, OTHER_CONTRACTOR.1).await;
    browser.client.switch_to_window(form).await.unwrap();
    browser.see("発注者の方").await;
    assert!(!browser.text().await.contains("ログアウト"));
    for person in [&world.contractor, &world.other_contractor] {
        let list = world.get(person, "/api/applications").await.json();
        assert_eq!(list["items"], json!([]), "nothing was sent");
    }
    browser.close().await;
}

/// The new tab of a paper would hide the new login, so it goes, and comes back with another press.
#[tokio::test]
async fn a_paper_that_met_an_expired_login_opens_at_another_press() {
    let world = World::new().await;
    let number = world.issued(&advance_payment()).await;
    let browser = Browser::open(&world).await;
    browser
        .goto(&format!("/contractor/certificates/{number}"))
        .await;
    browser.click("ログイン").await;
    browser.log_in(CONTRACTOR.0, CONTRACTOR.1).await;
    browser.see("保証人").await;
    expire(&browser, &world).await;
    browser.click("保存(PDF)").await;
    browser.see("ログインの有効期限が切れました").await;
    let windows = browser.client.windows().await.unwrap();
    assert_eq!(windows.len(), 1, "nothing hides the question");
    browser.click("もう一度ログイン").await;
    browser.see("ログインしました。書類を開けます。").await;
    browser.inspect("paper-after-login").await;
    browser.click("書類を開く").await;
    assert!(pdf_text(&browser.downloaded().await).contains(&number));
    browser.close().await;
}

/// A token that a script finds in the store of the browser outlives the page, and the person at it.
#[tokio::test]
async fn the_browser_keeps_nothing_of_a_login() {
    let world = World::new().await;
    let browser = Browser::open(&world).await;
    browser.goto("/contractor/apply").await;
    browser.click("ログイン").await;
    browser.log_in(CONTRACTOR.0, CONTRACTOR.1).await;
    browser.see("電子交付を希望する").await;
    fill_in(&browser, &advance_payment()).await;
    let kept = browser
        .run("return JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie])")
        .await;
    let kept = text(&kept);
    assert!(
        kept.contains("市道鶴川線道路改良工事"),
        "the form is kept: {kept}"
    );
    assert!(!kept.contains("eyJ"), "a token is kept: {kept}");
    let databases = browser
        .run_async("return (await indexedDB.databases()).length")
        .await;
    assert_eq!(databases, 0);
    browser.close().await;
}

#[tokio::test]
async fn whoever_does_not_log_in_again_keeps_the_form() {
    let world = World::new().await;
    let browser = Browser::open(&world).await;
    browser.goto("/contractor/apply").await;
    browser.click("ログイン").await;
    browser.log_in(CONTRACTOR.0, CONTRACTOR.1).await;
    browser.see("電子交付を希望する").await;
    fill_in(&browser, &advance_payment()).await;
    browser.see("この内容で申し込めます。").await;
    expire(&browser, &world).await;
    browser.click("この内容で申し込む").await;
    browser.see("ログインの有効期限が切れました").await;
    browser.click("キャンセル").await;
    browser.see("ログインが必要です。").await;
    // What nobody pressed a button for does not ask: the estimate offers it in its place.
    browser.fill("/guaranteed_amount", "11000000").await;
    browser.click("もう一度ログイン").await;
    browser.see("ログインの有効期限が切れました").await;
    browser.click("もう一度ログイン").await;
    browser.see("この内容で申し込めます。").await;
    browser.alone().await;
    assert_eq!(browser.value("/contract/price").await, "30,000,000");
    browser.close().await;
}

#[tokio::test]
async fn each_side_is_for_its_own_people() {
    let world = World::new().await;
    let browser = Browser::open(&world).await;
    browser.goto("/desk").await;
    browser.click("ログイン").await;
    browser.log_in(CONTRACTOR.0, "wrong").await;
    browser.see("お客様IDまたはパスワードが違います。").await;
    browser.inspect("login-wrong").await;
    browser.log_in(CONTRACTOR.0, CONTRACTOR.1).await;
    // A contractor who began at the desk's door comes to the contractor's own menu.
    browser.see("申込の状態を確認できます。").await;
    browser
        .run("history.pushState(null, '', '/desk'); dispatchEvent(new PopStateEvent('popstate'))")
        .await;
    browser.see("このページは表示できません").await;
    browser.inspect("wrong-side").await;
    browser.click("ログアウト").await;
    browser.see("発注者の方").await;
    browser.goto("/callback").await;
    browser.see("ログインできませんでした").await;
    browser.inspect("login-failed").await;
    browser.goto("/nothing").await;
    browser.see("ページが見つかりません").await;
    browser.inspect("unknown").await;
    browser.close().await;
}

/// Two tabs are two pages: each has its own token and its own form.
#[tokio::test]
async fn two_tabs_do_not_disturb_each_other() {
    let world = World::new().await;
    let browser = Browser::open(&world).await;
    browser.goto("/contractor/apply").await;
    browser.click("ログイン").await;
    browser.log_in(CONTRACTOR.0, CONTRACTOR.1).await;
    browser.see("電子交付を希望する").await;
    fill_in(&browser, &advance_payment()).await;
    let first = browser.client.window().await.unwrap();
    let second = browser.client.new_window(true).await.unwrap().handle;
    browser.client.switch_to_window(second).await.unwrap();
    browser.goto("/contractor/apply").await;
    browser.click("ログイン").await;
    browser.see("電子交付を希望する").await;
    assert_eq!(browser.value("/contract/title").await, "");
    let mut other = advance_payment();
    other["contract"]["title"] = json!("市道二号線道路改良工事");
    fill_in(&browser, &other).await;
    browser.click("この内容で申し込む").await;
    browser.see("申込を受け付けました。").await;
    browser.client.switch_to_window(first).await.unwrap();
    browser.click("この内容で申し込む").await;
    browser.see("申込を受け付けました。").await;
    browser.alone().await;
    let list = world
        .get(&world.contractor, "/api/applications")
        .await
        .json();
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
    browser.close().await;
}
