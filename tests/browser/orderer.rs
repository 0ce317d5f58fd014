//! The orderer's page: typed, pasted, by the QR; slips caught before anything is sent.

use serde_json::{Value, json};
use tests::{World, advance_payment, text};

use crate::browser::Browser;

const NUMBER: &str = "/contract_number";
const KEY: &str = "/authentication_key";

/// A certificate with its key.
async fn issued(world: &World) -> (String, String) {
    let mut body = advance_payment();
    // Runs long enough to be valid whenever the test runs.
    body["contract"]["completes_on"] = json!("2030-03-20");
    let number = world.issued(&body).await;
    let key = text(&world.show_key(&number).await["authentication_key"]);
    (number, key)
}

/// The whole key notice, as a reader of PDFs copies it.
async fn notice(world: &World, number: &str) -> String {
    let url = text(&world.show_key(number).await["key_notice"]["url"]);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), world.fetch(&url).await.bytes).unwrap();
    let read = std::process::Command::new("pdftotext")
        .arg(file.path())
        .arg("-")
        .output()
        .unwrap();
    String::from_utf8(read.stdout).unwrap()
}

fn wide(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '!'..='~' => char::from_u32(c as u32 + 0xFEE0).unwrap(),
            other => other,
        })
        .collect()
}

async fn paste(browser: &Browser, text: &str) {
    browser
        .find(&format!("[name=\"{KEY}\"]"))
        .await
        .click()
        .await
        .unwrap();
    let script = "const data = new DataTransfer(); data.setData('text', arguments[0]); \
        document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))";
    browser
        .client
        .execute(script, vec![json!(text)])
        .await
        .unwrap();
}

#[tokio::test]
async fn number_and_key_are_pasted_in_one_go_in_any_form() {
    let world = World::new().await;
    let (number, key) = issued(&world).await;
    let notice = notice(&world, &number).await;
    let browser = Browser::open(&world).await;
    for pasted in [
        format!("保証契約番号 {number} 認証キー {key}"),
        format!(
            "認証キー: {}\n保証契約番号: {}",
            key.to_lowercase(),
            number.replace('-', "")
        ),
        wide(&format!("保証契約番号{number}認証キー{key}")),
        format!("{number}\n{key}"),
        format!("{}\n\n{}", key.replace('-', " "), number.replace('-', "ー")),
        format!("> 認証キー(25文字): {key}\n> 保証契約番号(12桁): {number}\n> 令和7年4月14日"),
        format!(
            "認証キー\n{}\n保証契約番号\n{number}",
            key.replace('-', "\n")
        ),
        format!("Authentication key: {key}, guarantee contract number: {number}."),
        notice,
    ] {
        browser.goto("/verify").await;
        paste(&browser, &pasted).await;
        assert_eq!(browser.value(NUMBER).await, number, "{pasted}");
        assert_eq!(browser.value(KEY).await, key, "{pasted}");
    }
    browser.click("電子証書を確認する").await;
    browser.see("確認日時").await;
    assert!(browser.text().await.contains("有効"));
    browser.inspect("verified").await;
    browser.click("別の電子証書を確認する").await;
    browser.see("お知らせが手元にないときは").await;
    assert_eq!(browser.value(KEY).await, "");
    browser.inspect("verify").await;
    // The next notice's QR code, read while the page is open: its address differs in the fragment alone.
    let scanned = format!(
        "location.hash = 'number={number}&key={key}';\
         const filled = () => document.querySelector('[name=\"{KEY}\"]')?.value;\
         while (!filled()) await new Promise((go) => setTimeout(go, 20));\
         return filled()"
    );
    assert_eq!(browser.run_async(&scanned).await, json!(key));
    assert_eq!(browser.value(NUMBER).await, number);
    assert_eq!(browser.run("return location.hash").await, "");
    browser.close().await;
}

#[tokio::test]
async fn a_slip_is_caught_beside_its_field_before_anything_is_sent() {
    let world = World::new().await;
    let (number, key) = issued(&world).await;
    let browser = Browser::open(&world).await;
    browser.goto("/verify").await;
    browser.click("電子証書を確認する").await;
    assert_eq!(
        browser.fault(NUMBER).await,
        "保証契約番号を入力してください。"
    );
    assert_eq!(browser.fault(KEY).await, "認証キーを入力してください。");
    let last = if number.ends_with('1') { '2' } else { '1' };
    let slip = format!("{}{last}", number.get(..13).unwrap());
    browser.fill(NUMBER, &slip).await;
    browser.fill(KEY, &key.to_lowercase()).await;
    browser.click("電子証書を確認する").await;
    assert!(browser.fault(NUMBER).await.contains("打ち間違い"));
    browser.inspect("verify-slip").await;
    browser.fill(NUMBER, &number).await;
    browser.fill(KEY, key.get(..28).unwrap()).await;
    browser.click("電子証書を確認する").await;
    assert_eq!(
        browser.fault(KEY).await,
        "認証キーは25文字です(24文字あります)。"
    );
    assert!(browser.asked().await.is_empty(), "nothing was sent");
    // A right form that opens nothing: one sentence, which does not say which of the two is wrong.
    let (_, other) = issued(&world).await;
    browser.fill(KEY, &other).await;
    browser.click("電子証書を確認する").await;
    browser.find(".summary:not([hidden])").await;
    assert!(!browser.text().await.contains("確認日時"));
    browser.inspect("verify-wrong").await;
    browser.fill(KEY, &key).await;
    browser.click("電子証書を確認する").await;
    browser.see("確認日時").await;
    browser.close().await;
}

/// The page reads number and key exactly as the domain does, and writes days and amounts as on paper.
#[tokio::test]
async fn the_page_and_the_domain_read_alike() {
    use guarantee::calendar::Date;
    use guarantee::key::AuthKey;
    use guarantee::money::Yen;
    use guarantee::number::ContractNumber;

    let world = World::new().await;
    let (number, key) = issued(&world).await;
    let mut typed = vec![
        String::new(),
        " ー\u{3000}".to_owned(),
        "0712-3456-789O".to_owned(),
        "DOQILGVBSZ".to_owned(),
        "①②③".to_owned(),
        "ſß".to_owned(),
        wide(&number),
        wide(&key.to_lowercase()),
        number.replace('-', "\u{2212}"),
        format!("\u{feff}{key}\u{200b}"),
        key.replace('0', "O").replace('8', "B").replace('1', "l"),
    ];
    for one in [&number, &key] {
        for (place, letter) in one.char_indices() {
            let rest = one.get(place + 1..).unwrap();
            typed.push(format!("{}{rest}", one.get(..place).unwrap()));
            for other in ['0', '7', 'A', 'Y', 'G'] {
                if other != letter {
                    typed.push(format!("{}{other}{rest}", one.get(..place).unwrap()));
                }
            }
        }
    }
    let browser = Browser::open(&world).await;
    browser.goto("/verify").await;
    browser.see("電子証書を確認する").await;
    let script = format!(
        "const of = (name) => import(document.querySelector('script[type=module]').src.replace('main.js', name)); \
         const {{ readNumber, readKey }} = await of('check.js'); const {{ t }} = await of('language.js'); \
         const said = ({{ value, fault, count }}) => value ?? t(`slip.${{fault}}`, {{ count }}); \
         return {}.map((typed) => [said(readNumber(typed)), said(readKey(typed))]);",
        json!(typed)
    );
    let read = browser.run_async(&script).await;
    for (typed, read) in typed.iter().zip(read.as_array().unwrap()) {
        let number = ContractNumber::parse(typed);
        let number = number.map_or_else(|fault| fault.to_string(), |number| number.to_string());
        let key = AuthKey::parse(typed);
        let key = key.map_or_else(|fault| fault.to_string(), |key| key.reveal());
        assert_eq!(*read, json!([number, key]), "{typed:?}");
    }
    let amounts = [
        0,
        1,
        10,
        11,
        4_567,
        10_000,
        12_000_000,
        100_000_001,
        999_999_999_999,
    ];
    let days = [
        "2019-04-30",
        "2019-05-01",
        "2020-01-01",
        "2025-04-10",
        "2035-12-31",
    ];
    let script = format!(
        "const {{ daiji, wareki }} = await import(document.querySelector('script[type=module]').src.replace('main.js', 'words.js')); \
         return [{}.map(daiji), {}.map(wareki)];",
        json!(amounts),
        json!(days)
    );
    let written: Value = browser.run_async(&script).await;
    let expected = json!([
        amounts.map(|amount| Yen::new(amount).unwrap().daiji()),
        days.map(|day| Date::parse(day).unwrap().wareki()),
    ]);
    assert_eq!(written, expected);
    browser.close().await;
}
