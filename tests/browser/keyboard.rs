//! Without a mouse: every step can be taken with the keys alone, and the focus is always to be seen.

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::key::Key;
use serde_json::json;
use tests::{World, advance_payment, text};

use crate::browser::Browser;
use crate::flow::CONTRACTOR;

impl Browser {
    async fn press(&self, key: char) {
        if key == char::from(Key::Enter) {
            self.step().await;
        }
        let keys = KeyActions::new("keys".to_owned())
            .then(KeyAction::Down { value: key })
            .then(KeyAction::Up { value: key });
        self.client.perform_actions(keys).await.unwrap();
    }

    async fn type_keys(&self, typed: &str) {
        for letter in typed.chars() {
            self.press(letter).await;
        }
    }

    /// Presses Tab until the thing with this text or name has the focus.
    async fn tab_to(&self, wanted: &str) {
        for _ in 0..80 {
            self.press(Key::Tab.into()).await;
            let script = "const one = document.activeElement; const style = getComputedStyle(one); \
                return [one.innerText?.trim() || '', one.name || one.id || '', style.outlineStyle, one.tagName]";
            let focused = self.run(script).await;
            if focused[3] == "BODY" {
                continue;
            }
            assert_ne!(focused[2], "none", "the focus on {focused} cannot be seen");
            if focused[0] == wanted || focused[1] == wanted {
                return;
            }
        }
        panic!("「{wanted}」 cannot be reached with Tab");
    }
}

#[tokio::test]
async fn an_orderer_checks_with_the_keyboard_alone() {
    let world = World::new().await;
    let number = world.issued(&advance_payment()).await;
    let key = text(&world.show_key(&number).await["authentication_key"]);
    let browser = Browser::open(&world).await;
    browser.goto("/").await;
    browser.see("発注者の方").await;
    browser.tab_to("本文へ移動").await;
    browser.tab_to("発注者用保証確認サービス").await;
    browser.press(Key::Enter.into()).await;
    browser.see("お知らせが手元にないときは").await;
    browser.tab_to("/contract_number").await;
    browser.type_keys(&number).await;
    browser.tab_to("/authentication_key").await;
    browser.type_keys(&key.to_lowercase()).await;
    browser.press(Key::Enter.into()).await;
    browser.see("確認日時").await;
    browser.close().await;
}

#[tokio::test]
async fn a_contractor_shows_and_reissues_the_key_with_the_keyboard_alone() {
    let world = World::new().await;
    let number = world.issued(&advance_payment()).await;
    let before = text(&world.show_key(&number).await["authentication_key"]);
    let browser = Browser::open(&world).await;
    browser.goto("/").await;
    browser.see("発注者の方").await;
    browser.tab_to("電子証書の確認はこちら").await;
    browser.press(Key::Enter.into()).await;
    browser.see("パスワード").await;
    browser.tab_to("username").await;
    browser.type_keys(CONTRACTOR.0).await;
    browser.tab_to("password").await;
    browser.type_keys(CONTRACTOR.1).await;
    browser.press(Key::Enter.into()).await;
    browser.see(&number).await;
    browser.tab_to(&number).await;
    browser.press(Key::Enter.into()).await;
    browser.see("保証人").await;
    browser.tab_to("「認証キー」の表示").await;
    browser.press(Key::Enter.into()).await;
    browser.see(&before).await;
    browser.tab_to("認証キーを再発行する").await;
    browser.press(' ').await;
    browser
        .see("今の認証キーは、すぐに使えなくなります。")
        .await;
    browser.inspect("reissue-dialog").await;
    browser.press(Key::Escape.into()).await;
    browser.see(&before).await;
    browser.tab_to("認証キーを再発行する").await;
    browser.press(Key::Enter.into()).await;
    browser
        .see("今の認証キーは、すぐに使えなくなります。")
        .await;
    // Enter alone does nothing that cannot be undone: the focus begins on the way back.
    browser.press(Key::Enter.into()).await;
    browser.see(&before).await;
    browser.tab_to("認証キーを再発行する").await;
    browser.press(Key::Enter.into()).await;
    browser
        .see("今の認証キーは、すぐに使えなくなります。")
        .await;
    browser.tab_to("認証キーを再発行する").await;
    browser.press(Key::Enter.into()).await;
    browser.see("認証キーを再発行しました。").await;
    assert!(!browser.text().await.contains(&before));
    assert_eq!(
        world.check(&number, &before).await.status,
        404,
        "the old key is dead"
    );
    browser.inspect("key-reissued").await;
    browser.close().await;
}

/// Whoever asks their system for less motion gets none.
#[tokio::test]
async fn nothing_moves_for_whoever_asks_for_less_motion() {
    let world = World::new().await;
    let browser = Browser::open(&world).await;
    browser.goto("/").await;
    browser.see("発注者の方").await;
    let moving = "return [...document.querySelectorAll('*')].filter((one) => { \
        const { transitionDuration, animationName } = getComputedStyle(one); \
        return transitionDuration !== '0s' || animationName !== 'none'; }).length";
    for (wish, moves) in [("no-preference", true), ("reduce", false)] {
        let feature = json!({ "name": "prefers-reduced-motion", "value": wish });
        let media = json!({ "features": [feature] });
        browser.devtools("Emulation.setEmulatedMedia", media).await;
        let found = browser.run(moving).await.as_u64().unwrap();
        assert_eq!(found > 0, moves, "{wish}: {found}");
    }
    browser.close().await;
}
