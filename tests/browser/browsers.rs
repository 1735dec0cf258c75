//! People at their browsers: they read text, fill in what has a label, and press what says what it does.

use crate::checks;
use crate::ecosystem::Running;
use crate::gallery;
use serde_json::{Value, json};
use std::future::Future;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};
use thirtyfour::prelude::*;
use thirtyfour::{ChromeCapabilities, ChromiumLikeCapabilities};

/// How long a page may take to say something.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// How wide the pages of the gallery are, in CSS pixels.
const WIDE: u64 = 880;
/// The narrowest page that has to fit.
pub(crate) const NARROW: u64 = 360;

/// The driver process, from which browsers come.
pub(crate) struct Browsers {
    url: String,
    _driver: Running,
}

impl Browsers {
    /// Starts the driver. Both programs come with Debian: `apt-get install chromium chromium-driver`.
    pub(crate) fn start() -> Self {
        for program in ["chromium", "chromedriver"] {
            let there = Command::new(program).arg("--version").output().is_ok_and(|answer| answer.status.success());
            assert!(there, "no `{program}` here: apt-get install chromium chromium-driver");
        }
        let mut command = Command::new("chromedriver");
        command.args(["--port=0", "--log-level=WARNING"]);
        let driver = Running::start(command, &std::env::temp_dir(), "umaverse-chromedriver");
        let line = driver.wait_for("started successfully on port ");
        let port: u16 = line.rsplit(' ').next().unwrap().trim_end_matches('.').parse().unwrap();
        Self { url: format!("http://127.0.0.1:{port}"), _driver: driver }
    }

    /// Somebody with a browser of their own.
    pub(crate) async fn person(&self) -> Person {
        self.open(true).await
    }

    /// Somebody whose browser runs no scripts.
    pub(crate) async fn person_without_scripts(&self) -> Person {
        self.open(false).await
    }

    async fn open(&self, scripts: bool) -> Person {
        let mut wanted = ChromeCapabilities::new();
        wanted.set_binary("/usr/bin/chromium").unwrap();
        for argument in [
            "--headless=new",
            // Chromium has no sandbox for root, which is who runs this in a container.
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--force-color-profile=srgb",
            "--lang=en-GB",
            "--window-size=880,720",
        ] {
            wanted.add_arg(argument).unwrap();
        }
        if !scripts {
            let off = json!({ "profile.managed_default_content_settings.javascript": 2 });
            wanted.add_experimental_option("prefs", off).unwrap();
        }
        let person = Person { driver: WebDriver::new(&self.url, wanted).await.unwrap() };
        person.width(WIDE).await;
        person
    }
}

/// Runs a test with browsers, to its end.
pub(crate) fn block_on<T>(test: impl Future<Output = T>) -> T {
    actix_rt::System::new().block_on(test)
}

/// Somebody at a browser.
pub(crate) struct Person {
    pub(crate) driver: WebDriver,
}

impl Drop for Person {
    // To quit takes a runtime, which a failed test is just leaving: the same request by hand.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let driver = self.driver.server_url().clone();
        let quit = format!("DELETE /session/{} HTTP/1.1\r\nHost: localhost\r\n\r\n", self.driver.session_id());
        let _left = self.driver.clone().leak();
        let to = ("127.0.0.1", driver.port().unwrap_or_default());
        let mut answer = [0; 64];
        let _gone = TcpStream::connect(to)
            .and_then(|mut stream| stream.write_all(quit.as_bytes()).and_then(|()| stream.read(&mut answer)));
    }
}

impl Person {
    pub(crate) async fn quit(self) {
        self.driver.clone().quit().await.unwrap();
    }

    pub(crate) async fn open(&self, url: &str) {
        self.driver.goto(url).await.unwrap();
    }

    pub(crate) async fn address(&self) -> String {
        self.driver.current_url().await.unwrap().to_string()
    }

    /// Everything that can be read on the page.
    pub(crate) async fn page(&self) -> String {
        match self.driver.find(By::Tag("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// Waits until the page says something.
    pub(crate) async fn sees(&self, text: &str) {
        let end = Instant::now() + PATIENCE;
        while !self.page().await.contains(text) {
            assert!(Instant::now() < end, "no `{text}` at {} but\n{}", self.address().await, self.page().await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Writes into the field with this label.
    pub(crate) async fn fills(&self, label: &str, text: &str) {
        let field = self.labelled(label).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Chooses what has this label.
    pub(crate) async fn chooses(&self, label: &str) {
        self.labelled(label).await.click().await.unwrap();
    }

    /// The field that this label is for.
    pub(crate) async fn labelled(&self, label: &str) -> WebElement {
        let label = self.named("label", label).await;
        let id = label.attr("for").await.unwrap().expect("a label is for something");
        self.driver.find(By::Id(id)).await.unwrap()
    }

    /// Presses the button that says this.
    pub(crate) async fn presses(&self, text: &str) {
        self.named("button", text).await.click().await.unwrap();
    }

    /// Presses that button of the form that is about something.
    pub(crate) async fn presses_at(&self, form: &str, text: &str) {
        let path = format!("//form[@aria-label=\"{form}\"]//button[normalize-space(.)=\"{text}\"]");
        self.driver.find(By::XPath(path)).await.unwrap().click().await.unwrap();
    }

    /// Follows the link that says this.
    pub(crate) async fn follows(&self, text: &str) {
        self.named("a", text).await.click().await.unwrap();
    }

    async fn named(&self, tag: &str, text: &str) -> WebElement {
        let path = format!("//{tag}[starts-with(normalize-space(.), \"{text}\")]");
        match self.driver.find(By::XPath(path)).await {
            Ok(found) => found,
            Err(_) => panic!("no {tag} `{text}` at {}:\n{}", self.address().await, self.page().await),
        }
    }

    /// Signs in where they are asked to.
    pub(crate) async fn signs_in(&self, name: &str, password: &str) {
        self.sees("User name").await;
        self.fills("User name", name).await;
        self.fills("Password", password).await;
        self.presses("Sign in").await;
    }

    /// Looks at the page as it is: it goes to the gallery, and has to be fit for everybody.
    pub(crate) async fn looks(&self, name: &str) {
        checks::page(self, name).await;
        gallery::keep(name, &self.picture().await);
    }

    /// The same on a telephone.
    pub(crate) async fn looks_on_a_telephone(&self, name: &str) {
        self.width(NARROW).await;
        gallery::keep(name, &self.picture().await);
        self.width(WIDE).await;
    }

    /// The same at night.
    pub(crate) async fn looks_in_the_dark(&self, name: &str) {
        self.colours("dark").await;
        gallery::keep(name, &self.picture().await);
        self.colours("light").await;
    }

    /// The whole page as a PNG.
    async fn picture(&self) -> Vec<u8> {
        let size = self.tool("Page.getLayoutMetrics", json!({})).await["cssContentSize"].clone();
        let height = size["height"].as_f64().unwrap().min(2400.0);
        let clip = json!({ "x": 0, "y": 0, "width": size["width"], "height": height, "scale": 1 });
        let shot = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let shot = self.tool("Page.captureScreenshot", shot).await;
        use base64::Engine;
        base64::engine::general_purpose::STANDARD.decode(shot["data"].as_str().unwrap()).unwrap()
    }

    /// How wide the page is from now on.
    pub(crate) async fn width(&self, width: u64) {
        let telephone = width < 600;
        let metrics = json!({ "width": width, "height": 640, "deviceScaleFactor": 1, "mobile": telephone });
        self.tool("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// `light` or `dark`.
    pub(crate) async fn colours(&self, scheme: &str) {
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.tool("Emulation.setEmulatedMedia", media).await;
    }

    /// Asks the tools of the browser, which work where pages may run no scripts.
    pub(crate) async fn tool(&self, command: &str, parameters: Value) -> Value {
        self.driver.cdp().send_raw(command, parameters).await.unwrap()
    }

    /// What an expression comes to on the page.
    pub(crate) async fn evaluates(&self, expression: &str) -> Value {
        let asked = json!({ "expression": expression, "returnByValue": true });
        let answer = self.tool("Runtime.evaluate", asked).await;
        assert!(answer.get("exceptionDetails").is_none(), "{answer}");
        answer["result"]["value"].clone()
    }
}
