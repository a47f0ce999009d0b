package dev.yololoss.trainer.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.SimpleFileServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The report in a real browser, headless Chromium. */
class ReportInBrowserTest {
  private static final int PHONE = 360; // pixels of the narrowest phones in use
  private static final int WINDOW = 500; // Chromium opens no narrower one

  @TempDir Path folder;

  private Path chromium;

  @BeforeEach
  void findChromium() {
    Optional<Path> found =
        Stream.of(System.getenv("PATH").split(":"))
            .flatMap(d -> Stream.of("chromium", "chromium-browser").map(Path.of(d)::resolve))
            .filter(Files::isExecutable)
            .findFirst();
    assumeTrue(
        found.isPresent(),
        "NOT RUN: the report was not opened in a browser, since there is no chromium"
            + " (apt-get install chromium)");
    chromium = found.get();
  }

  @Test
  void opensWithoutErrorsOrRequestsAndFitsAPhone() throws Exception {
    Plan plan = SmallComparison.plan(SmallComparison.TWO_LOSSES, folder.resolve("out"));
    ReportTest.report(plan, folder.resolve("out")).write();
    Path page = folder.resolve("out/report.html");

    Seen seen = open(page);
    assertThat(seen.console).as(seen.log).isEmpty();
    assertThat(seen.requests).containsExactly("report.html");

    Measured measured = measure(page);
    assertThat(measured.images).isEqualTo(9);
    assertThat(measured.drawn).isEqualTo(9);
    assertThat(measured.width).isEqualTo(PHONE);
    assertThat(measured.contentWidth).isLessThanOrEqualTo(PHONE);

    Path shot = folder.resolve("shot.png");
    chromium("--screenshot=" + shot, page.toUri().toString());
    assertThat(ImageIO.read(shot.toFile()).getWidth()).isEqualTo(WINDOW);
  }

  /** What the test looks for, it finds: a page with a script error and a request. */
  @Test
  void aBadPageIsSeenToBeBad() throws Exception {
    Path page = folder.resolve("bad.html");
    Files.writeString(
        page,
        "<html><head><link rel=stylesheet href='https://fonts.googleapis.com/css2'></head>"
            + "<body><div style='width:900px'>wide</div><img src='none.png'>"
            + "<img src='http://127.0.0.1:9/far.png'>"
            + "<script>undefinedThing.x = 1</script></body></html>");
    Seen seen = open(page);
    assertThat(seen.console).anyMatch(line -> line.contains("undefinedThing"));
    assertThat(seen.requests)
        .containsExactlyInAnyOrder(
            "bad.html",
            "none.png",
            "http://127.0.0.1:9/far.png",
            "https://fonts.googleapis.com/css2");
    Measured measured = measure(page);
    assertThat(measured.images).isEqualTo(2);
    assertThat(measured.drawn).isZero();
    assertThat(measured.contentWidth).isGreaterThan(PHONE);
  }

  private record Seen(List<String> console, List<String> requests, String log) {}

  /** Through a server, since the browser keeps no log of what it reads from files. */
  private Seen open(Path page) throws Exception {
    Path netLog = folder.resolve("net.json");
    HttpServer server =
        SimpleFileServer.createFileServer(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            page.getParent(),
            SimpleFileServer.OutputLevel.NONE);
    server.start();
    try {
      String host = "http://127.0.0.1:" + server.getAddress().getPort() + "/";
      String log =
          chromium(
              "--log-net-log=" + netLog,
              "--enable-logging=stderr",
              "--dump-dom",
              host + page.getFileName());
      List<String> console = log.lines().filter(line -> line.contains("CONSOLE")).toList();
      return new Seen(console, requests(netLog, host), log);
    } finally {
      server.stop(0);
    }
  }

  /**
   * Of the page and its parts, the server's own without the host. What the browser wants for itself
   * comes from no page; an icon it asks every server for.
   */
  private static List<String> requests(Path netLog, String host) throws IOException {
    List<String> requests = new ArrayList<>();
    for (JsonNode event : new ObjectMapper().readTree(netLog.toFile()).get("events")) {
      JsonNode request = event.path("params");
      String url = request.path("url").asText();
      boolean ofThePage = url.startsWith(host) || host.startsWith(initiator(request) + "/");
      String shown = url.replace(host, "");
      boolean isPart = !shown.isEmpty() && !shown.equals("favicon.ico");
      if (ofThePage && isPart && !requests.contains(shown)) {
        requests.add(shown);
      }
    }
    return requests;
  }

  private static String initiator(JsonNode request) {
    return request.path("initiator").asText("nobody");
  }

  private record Measured(int images, int drawn, int width, int contentWidth) {}

  /** A copy of the page, in a frame as wide as a phone, that writes down what it looks like. */
  private Measured measure(Path page) throws Exception {
    String script =
        """
        <script>addEventListener('load', () => {
          const images = [...document.images];
          parent.postMessage('measured ' + [images.length,
            images.filter(i => i.complete && i.naturalWidth > 0).length,
            innerWidth, document.documentElement.scrollWidth].join(' '), '*');
        });</script>
        """;
    String html = Files.readString(page);
    Path copy = folder.resolve("measured.html");
    Files.writeString(
        copy,
        html.replaceFirst("<meta http-equiv=\"Content-Security-Policy\"[^>]*>", "")
            .replace("</body>", script + "</body>"));
    Path frame = folder.resolve("frame.html");
    Files.writeString(
        frame,
        """
        <html><body><script>
          addEventListener('message', event => document.body.append(event.data));
        </script><iframe src="measured.html" width="%d" height="2000" style="border:0"></iframe>
        </body></html>
        """
            .formatted(PHONE));
    String dom = chromium("--virtual-time-budget=10000", "--dump-dom", frame.toUri().toString());
    Matcher matcher = Pattern.compile("measured (\\d+) (\\d+) (\\d+) (\\d+)").matcher(dom);
    assertThat(matcher.find()).as(dom.substring(0, Math.min(2000, dom.length()))).isTrue();
    return new Measured(
        Integer.parseInt(matcher.group(1)),
        Integer.parseInt(matcher.group(2)),
        Integer.parseInt(matcher.group(3)),
        Integer.parseInt(matcher.group(4)));
  }

  private String chromium(String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                chromium.toString(),
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-default-apps",
                "--disable-sync",
                "--no-first-run",
                "--hide-scrollbars",
                "--user-data-dir=" + folder.resolve("profile"),
                "--window-size=" + WINDOW + ",3000"));
    command.addAll(List.of(arguments));
    Path output = folder.resolve("chromium.txt");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    assertThat(process.waitFor()).isZero();
    return Files.readString(output, StandardCharsets.UTF_8);
  }
}
