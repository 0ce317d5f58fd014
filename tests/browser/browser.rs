//! Chromium, driven over WebDriver as a person would: it clicks what it reads, types with the keyboard,
//! and at its end holds what the page did against what a page of ours may do.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use fantoccini::elements::Element;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand, WindowHandle};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::World;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// How long a page may take to show something.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where the screenshots are left.
const SCREENSHOTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/screenshots");
/// axe-core, fetched by tests/run.
const AXE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../target/tools/axe-core-4.14.1/axe.min.js"
);

/// What reaches beyond the window, and what hides a part of itself; what is there for ears only is not to be seen.
const CUT_OFF: &str = "
    const forEars = (one) => one && (getComputedStyle(one).clipPath !== 'none' || forEars(one.parentElement));
    return [...document.querySelectorAll('body *')].filter((one) => {
        const { left, right, width } = one.getBoundingClientRect();
        const typed = ['INPUT', 'SELECT', 'OPTION', 'TEXTAREA'].includes(one.tagName);
        const hides = !typed && getComputedStyle(one).overflowX !== 'visible' && one.scrollWidth > one.clientWidth;
        return width > 0 && (left < 0 || right > innerWidth + 0.5 || hides) && !forEars(one);
    }).map((one) => one.outerHTML.slice(0, 150)).slice(0, 5);";

/// A browser with a fresh profile.
pub(crate) struct Browser {
    /// The session.
    pub(crate) client: Client,
    api: String,
    aws: String,
    driver: Child,
    downloads: PathBuf,
    _folder: TempDir,
    _alone: OwnedMutexGuard<()>,
}

/// A command that the client has no word for.
#[derive(Debug)]
struct Raw {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Raw {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}

impl Browser {
    /// Opens a browser, one at a time: two at once would only wait for each other.
    pub(crate) async fn open(world: &World) -> Self {
        Self::start(world, true).await
    }

    /// Opens a browser that shows papers in its tab instead of downloading them.
    pub(crate) async fn open_with_reader(world: &World) -> Self {
        Self::start(world, false).await
    }

    async fn start(world: &World, downloads_papers: bool) -> Self {
        static ALONE: OnceLock<Arc<Mutex<()>>> = OnceLock::new();
        let alone = ALONE.get_or_init(Arc::default).clone().lock_owned().await;
        let folder = TempDir::new().unwrap();
        let downloads = folder.path().join("downloads");
        std::fs::create_dir(&downloads).unwrap();
        let (driver, address) = start_driver(folder.path());
        let profile = format!(
            "--user-data-dir={}",
            folder.path().join("profile").display()
        );
        let options = json!({
            "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--lang=ja",
                "--window-size=1280,1000", profile,
            ],
            "prefs": {
                "download.default_directory": downloads, "download.prompt_for_download": false,
                "plugins.always_open_pdf_externally": downloads_papers,
            },
        });
        let mut capabilities = Capabilities::new();
        capabilities.insert("goog:chromeOptions".to_owned(), options);
        capabilities.insert(
            "goog:loggingPrefs".to_owned(),
            json!({ "browser": "ALL", "performance": "ALL" }),
        );
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&address)
            .await
            .unwrap();
        Self {
            client,
            api: world.cloud.api().to_owned(),
            aws: world.cloud.aws().to_owned(),
            driver,
            downloads,
            _folder: folder,
            _alone: alone,
        }
    }

    /// Goes to an address of the portal.
    pub(crate) async fn goto(&self, path: &str) {
        self.step().await;
        self.client
            .goto(&format!("{}{path}", self.api))
            .await
            .unwrap();
    }

    /// Goes back, as the button of the browser does.
    pub(crate) async fn back(&self) {
        self.step().await;
        self.client.back().await.unwrap();
    }

    /// Goes forward again.
    pub(crate) async fn forward(&self) {
        self.step().await;
        self.client.forward().await.unwrap();
    }

    /// The path that the address bar shows.
    pub(crate) async fn path(&self) -> String {
        let url = self.client.current_url().await.unwrap();
        url.as_str().replacen(&self.api, "", 1)
    }

    /// Waits for text on the page.
    pub(crate) async fn see(&self, text: &str) {
        let begun = Instant::now();
        loop {
            let shown = self.text().await;
            if shown.contains(text) {
                return;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "「{text}」 does not appear; the page says:\n{shown}"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What the page says.
    pub(crate) async fn text(&self) -> String {
        let script = "return document.body ? document.body.innerText : ''";
        let said = self.client.execute(script, vec![]).await;
        said.ok()
            .and_then(|said| said.as_str().map(str::to_owned))
            .unwrap_or_default()
    }

    /// Runs a script and gives what it returns.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.client.execute(script, vec![]).await.unwrap()
    }

    /// Runs the body of an async function and gives what it returns.
    pub(crate) async fn run_async(&self, body: &str) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1];\
             (async () => {{ {body} }})().then(done, (error) => done({{ error: String(error) }}));"
        );
        self.client.execute_async(&script, vec![]).await.unwrap()
    }

    /// Loses the answer to the next POST whose path ends so, after it has been carried out.
    pub(crate) async fn lose_the_answer_to(&self, end: &str) {
        let script = "const [end] = arguments; const real = window.fetch;\
            window.fetch = async (path, asked) => {\
                const answer = await real(path, asked);\
                if (!path.endsWith(end) || asked.method !== 'POST') return answer;\
                window.fetch = real;\
                throw new TypeError('the answer is lost');\
            }";
        self.client.execute(script, vec![json!(end)]).await.unwrap();
    }

    /// Waits for the thing that a CSS selector names.
    pub(crate) async fn find(&self, css: &str) -> Element {
        let found = self
            .client
            .wait()
            .at_most(PATIENCE)
            .for_element(Locator::Css(css))
            .await;
        match found {
            Ok(element) => element,
            Err(error) => panic!("{css}: {error}; the page says:\n{}", self.text().await),
        }
    }

    /// Clicks the button, link or option with this text; in an open dialog, if there is one.
    pub(crate) async fn click(&self, text: &str) {
        self.step().await;
        let begun = Instant::now();
        loop {
            let within = if self.client.find(Locator::Css("dialog[open]")).await.is_ok() {
                "//dialog[@open]"
            } else {
                ""
            };
            let path = format!(
                "{within}//*[self::button or self::a or self::label[contains(@class, 'option')]]\
                 [normalize-space(.) = '{text}' or strong[normalize-space(.) = '{text}']]"
            );
            let clicked = match self.client.find(Locator::XPath(&path)).await {
                Ok(element) => element.click().await,
                Err(error) => Err(error),
            };
            match clicked {
                Ok(()) => return,
                Err(error) if begun.elapsed() > PATIENCE => {
                    panic!(
                        "「{text}」 cannot be clicked: {error}; the page says:\n{}",
                        self.text().await
                    )
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    /// Types into the field of this name, in place of what stands there.
    pub(crate) async fn fill(&self, name: &str, value: &str) {
        let field = self.find(&format!("[name=\"{name}\"]")).await;
        let kind = field.attr("type").await.unwrap().unwrap_or_default();
        if kind == "date" {
            // What the keys do in a date field depends on the language of the machine.
            let script = "arguments[0].value = arguments[1];\
                for (const kind of ['input', 'change']) arguments[0].dispatchEvent(new Event(kind, { bubbles: true }))";
            let field = serde_json::to_value(&field).unwrap();
            self.client
                .execute(script, vec![field, json!(value)])
                .await
                .unwrap();
            return;
        }
        field.clear().await.unwrap();
        field.send_keys(value).await.unwrap();
    }

    /// Chooses among the radio buttons or tick boxes of this name.
    pub(crate) async fn choose(&self, name: &str, value: &str) {
        self.find(&format!("[name=\"{name}\"][value=\"{value}\"]"))
            .await
            .click()
            .await
            .unwrap();
    }

    /// Chooses from a list.
    pub(crate) async fn select(&self, name: &str, value: &str) {
        self.find(&format!("select[name=\"{name}\"]"))
            .await
            .select_by_value(value)
            .await
            .unwrap();
    }

    /// What stands in the field of this name.
    pub(crate) async fn value(&self, name: &str) -> String {
        let field = self.find(&format!("[name=\"{name}\"]")).await;
        field.prop("value").await.unwrap().unwrap_or_default()
    }

    /// The fault that stands beside the field at this pointer.
    pub(crate) async fn fault(&self, pointer: &str) -> String {
        let place = self
            .find(&format!("[data-pointer=\"{pointer}\"].wrong .fault"))
            .await;
        place.text().await.unwrap()
    }

    /// Logs in at the issuer's page.
    pub(crate) async fn log_in(&self, name: &str, password: &str) {
        self.fill("username", name).await;
        self.fill("password", password).await;
        self.find("form button").await.click().await.unwrap();
    }

    /// What the page has asked the API since the last step began. The estimate is not among it: it comes
    /// with the typing, once for every pause.
    pub(crate) async fn asked(&self) -> Vec<String> {
        let script = "return performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname)\
            .filter((path) => path.startsWith('/api/') && !path.endsWith('/estimate')).slice(window.askedBefore ?? 0)";
        let asked = self.run(script).await;
        asked.as_array().unwrap().iter().map(tests::text).collect()
    }

    /// Begins a step, and holds the one before to at most two questions to the API.
    pub(crate) async fn step(&self) {
        let asked = self.asked().await;
        assert!(asked.len() <= 2, "one step asked for {asked:?}");
        let script = "window.askedBefore = (window.askedBefore ?? 0) + arguments[0]";
        self.client
            .execute(script, vec![json!(asked.len())])
            .await
            .unwrap();
    }

    /// Waits for a paper that was opened, and reads it.
    pub(crate) async fn downloaded(&self) -> Vec<u8> {
        self.downloaded_file().await.1
    }

    /// The same with its name.
    pub(crate) async fn downloaded_file(&self) -> (String, Vec<u8>) {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let files = std::fs::read_dir(&self.downloads).unwrap();
            let papers = files.map(|file| file.unwrap().path()).filter(|path| {
                path.extension()
                    .is_some_and(|kind| kind == "pdf" || kind == "json")
            });
            // Chromium keeps the name with an empty file until it puts the whole one there.
            let mut read = papers.map(|paper| (std::fs::read(&paper).unwrap(), paper));
            if let Some((bytes, paper)) = read.find(|(bytes, _)| !bytes.is_empty()) {
                std::fs::remove_file(&paper).unwrap();
                self.alone().await;
                let name = paper.file_name().unwrap().to_str().unwrap();
                return (name.to_owned(), bytes);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no paper was downloaded");
    }

    /// Waits for a window beside this one.
    pub(crate) async fn other_window(&self, own: &WindowHandle) -> WindowHandle {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let windows = self.client.windows().await.unwrap();
            if let Some(other) = windows.into_iter().find(|window| window != own) {
                return other;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no other window opens");
    }

    /// Closes every other window: a page behind another one is not drawn.
    pub(crate) async fn alone(&self) {
        let own = self.client.window().await.unwrap();
        for window in self.client.windows().await.unwrap() {
            if window != own {
                self.client.switch_to_window(window).await.unwrap();
                self.client.close_window().await.unwrap();
            }
        }
        self.client.switch_to_window(own).await.unwrap();
    }

    /// The page as it would be printed; left beside the screenshots.
    pub(crate) async fn printed(&self, name: &str) -> Vec<u8> {
        let answer = self
            .devtools("Page.printToPDF", json!({ "preferCSSPageSize": true }))
            .await;
        let pdf = base64_decoded(answer["data"].as_str().unwrap());
        std::fs::write(
            Path::new(SCREENSHOTS).join(format!("{name}-print.pdf")),
            &pdf,
        )
        .unwrap();
        pdf
    }

    /// Sends a command of the DevTools protocol.
    pub(crate) async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let body = json!({ "cmd": command, "params": parameters });
        let raw = Raw {
            path: "goog/cdp/execute",
            body,
        };
        let answer = tokio::time::timeout(PATIENCE, self.client.issue_cmd(raw)).await;
        answer
            .unwrap_or_else(|_| panic!("{command} does not end"))
            .unwrap()
    }

    /// Holds the page to what every page of ours keeps: no violation that axe-core finds, and nothing that
    /// overflows or is cut off on a wide screen, at 320 px, at 200 % zoom (1280 px are 640 then, each
    /// drawn with four dots) and with letters alone of twice the size. Leaves a screenshot of each.
    pub(crate) async fn inspect(&self, name: &str) {
        std::fs::create_dir_all(SCREENSHOTS).unwrap();
        for (kind, width, scale, letters) in [
            ("letters", 1280, 1, 200),
            ("zoom", 640, 2, 100),
            ("wide", 1280, 1, 100),
            ("narrow", 320, 1, 100),
        ] {
            self.resize(width, scale, letters).await;
            let size = self
                .run("return [document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
                .await;
            let cut = self.run(CUT_OFF).await;
            assert!(
                size[0].as_u64().unwrap() <= width && cut == json!([]),
                "{name} does not fit at {width} px ({kind}): {size} {cut:#}"
            );
            if width == 320 || kind == "wide" {
                self.accessible(name).await;
            }
            let shot = self
                .devtools(
                    "Page.captureScreenshot",
                    json!({ "captureBeyondViewport": true, "clip": {
                        "x": 0, "y": 0, "width": width, "height": size[1].as_u64().unwrap().min(16_000), "scale": 1.0 / f64::from(scale),
                    } }),
                )
                .await;
            let path = Path::new(SCREENSHOTS).join(format!("{name}-{kind}.png"));
            std::fs::write(path, base64_decoded(shot["data"].as_str().unwrap())).unwrap();
        }
        self.resize(1280, 1, 100).await;
    }

    /// Makes the window so many CSS pixels wide, each of so many dots a side, with letters of
    /// so many per cent.
    async fn resize(&self, width: u64, scale: u32, letters: u64) {
        let metrics =
            json!({ "width": width, "height": 1000, "deviceScaleFactor": scale, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)
            .await;
        let letters = format!("document.documentElement.style.fontSize = '{letters}%'");
        self.run(&letters).await;
    }

    async fn accessible(&self, name: &str) {
        let axe = std::fs::read_to_string(AXE).unwrap_or_else(|_| {
            panic!("axe-core is not at {AXE}; ./tests/run fetches it from npm")
        });
        if self.run("return typeof axe").await == "undefined" {
            self.client.execute(&axe, vec![]).await.unwrap();
        }
        let found = self
            .run_async(
                "const { violations } = await axe.run(); return violations.map(({ id, nodes }) => \
                 `${id}: ${nodes.map(({ html, any }) => html.slice(0, 200) + ' ' + any.map(({ message }) => message).join(' ')).join(' | ')}`)",
            )
            .await;
        assert_eq!(found, json!([]), "{name}");
    }

    /// What the console said and where requests went since the last look.
    pub(crate) async fn logs(&self, kind: &str) -> Vec<Value> {
        let raw = Raw {
            path: "se/log",
            body: json!({ "type": kind }),
        };
        let answer = self.client.issue_cmd(raw).await.unwrap();
        answer.as_array().unwrap().clone()
    }

    /// Ends the browser, and holds it to what a page of ours may do: nothing in the console but the API's
    /// own refusals and the 404 of the page that there is not, and no request to another host.
    pub(crate) async fn close(self) {
        self.step().await;
        let unexpected: Vec<_> = self
            .logs("browser")
            .await
            .into_iter()
            .filter(|entry| {
                let said = entry["message"].as_str().unwrap_or_default();
                let expected = said.contains("/api/") || said.contains("/nothing - ");
                entry["source"] != "network" || !expected
            })
            .collect();
        let foreign: Vec<_> = self
            .logs("performance")
            .await
            .iter()
            .filter_map(|entry| serde_json::from_str::<Value>(entry["message"].as_str()?).ok())
            .filter(|entry| entry["message"]["method"] == "Network.requestWillBeSent")
            .map(|entry| {
                entry["message"]["params"]["request"]["url"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .filter(|url| {
                ![
                    &self.api,
                    &self.aws,
                    "data:",
                    "about:",
                    "chrome:",
                    "chrome-extension:",
                ]
                .iter()
                .any(|own| url.starts_with(*own))
            })
            .collect();
        self.client.clone().close().await.unwrap();
        assert!(unexpected.is_empty(), "the console says {unexpected:#?}");
        assert!(foreign.is_empty(), "requests went to {foreign:#?}");
    }
}

impl Drop for Browser {
    /// Ends the driver and every process of its browser, also when a test failed in between.
    fn drop(&mut self) {
        let group = format!("-{}", self.driver.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.driver.wait();
    }
}

/// Starts a driver at a free port, and gives its address. A port that it finds free may be taken for IPv6,
/// which ends it; then another one is tried.
fn start_driver(folder: &Path) -> (Child, String) {
    (0..9)
        .find_map(|_| driver_at_a_free_port(folder))
        .unwrap_or_else(|| panic!("chromedriver does not start"))
}

fn driver_at_a_free_port(folder: &Path) -> Option<(Child, String)> {
    let mut driver = Command::new("chromedriver")
        .arg("--port=0")
        // What it and the browser leave behind goes with the folder.
        .env("TMPDIR", folder)
        .process_group(0)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("chromedriver (chromium-driver) is needed: {error}"));
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
        let (_, port) = line.split_once("started successfully on port ")?;
        Some(port.trim_end_matches('.').to_owned())
    });
    let Some(port) = port else {
        driver.wait().unwrap();
        return None;
    };
    // Its pipe is read to the end, or it would stop when the pipe is full.
    std::thread::spawn(move || lines.for_each(drop));
    Some((driver, format!("http://127.0.0.1:{port}")))
}

fn base64_decoded(text: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .unwrap()
}
