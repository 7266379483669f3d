// Names as weather stations, their software, services and parts have them: each list is as much of
// a test as the other, for a secret that is missed and a finding that is none do the same harm.
#include <doctest/doctest.h>

#include "src/sniff/secret_names.h"
#include "tests/support/secret_notes.h"

using namespace wxsec;
using test::body;
using test::Notes;

TEST_CASE("sniff/secrets: names of secrets in weather networks") {
  for (const char* name : {"mqtt_password",
                           "mqtt_pass",
                           "MqttPassword",
                           "MQTT_PASS",
                           "mqttpass",
                           "broker_password",
                           "mqtt_user_password",
                           "WebPassword",
                           "Password1",
                           "ap_password",
                           "wifi_psk",
                           "wifi_key",
                           "wpa_key",
                           "wpa_passphrase",
                           "wlan_key",
                           "sta_pass",
                           "ap_pass",
                           "pass_ap",
                           "pass_sta",
                           "pass_ftp",
                           "pass_mqtt_home",
                           "passWifi",
                           "wifi_pass_backup",
                           "user_pass_sha",
                           "pass_home_assistant",
                           "pass_wifi_guest",
                           "wifi_pass_5g",
                           "wifi_pass_main",
                           "wifi_pass_2nd",
                           "wifi_pass_guest_5g",
                           "mqtt_pass_local",
                           "mqttPassStr",
                           "vpn_pass_office",
                           "nas_pass_main",
                           "pass_garage_ssh",
                           "admin_pass_prod",
                           "user_pass_b64",
                           "token_refresh",
                           "tokenRefresh",
                           "password_owner",
                           "second_pass",
                           "ota_password",
                           "noise_psk",
                           "encryption_key",
                           "web_auth_password",
                           "AP_Pwd",
                           "api.encryption_key",
                           "PASSKEY",
                           "passkey",
                           "application_key",
                           "ApplicationKey",
                           "api_key",
                           "X-Api-Secret",
                           "apiToken",
                           "client_secret",
                           "access_token",
                           "refresh_token",
                           "siteAuthenticationKey",
                           "passcode",
                           "cwop_passcode",
                           "write_api_key",
                           "write_key",
                           "aio_key",
                           "AppKey",
                           "AppSKey",
                           "NwkSKey",
                           "nwkSKey",
                           "appskey",
                           "network_key",
                           "database_password",
                           "db_pass",
                           "ftp_password",
                           "smtp_pass",
                           "rtsp_pass",
                           "camera_password",
                           "current_pass",
                           "new_password",
                           "password_reset_token",
                           "password_reset_code",
                           "password_for_user_bob",
                           "token_weather_cloud",
                           "api_key_windy_station",
                           "secretKey",
                           "secret_access_key",
                           "aws_secret_access_key",
                           "webhook_token",
                           "sim_pin",
                           "door_pin",
                           "HASS_TOKEN",
                           "influx_token",
                           "influxdb_token_write",
                           "jwt",
                           "station_secret",
                           "wx[pass]",
                           "pass[wifi]",
                           "bindkey",
                           "local_key",
                           "preSharedKey",
                           "subscription_key",
                           "sas_key",
                           "pincode",
                           "weathercloud_key"}) {
    CAPTURE(name);
    CHECK(sniff::is_secret_name(name));
  }
}

TEST_CASE("sniff/secrets: names in weather networks that sound like secrets") {
  for (const char* name : {"pass_elevation",
                           "next_pass_azimuth",
                           "pass_start",
                           "pass_end",
                           "pass_duration",
                           "pass_direction",
                           "max_pass_elevation",
                           "pass_max_elevation",
                           "pass_start_azimuth",
                           "next_pass",
                           "next_pass_start",
                           "nextPassStart",
                           "last_pass",
                           "satellite_pass",
                           "satellite_pass_time",
                           "sat_pass_count",
                           "pass_quality",
                           "iss_pass",
                           "iss_pass_visible",
                           "pass_predictions",
                           "pass_aos",
                           "pass_los",
                           "passAos",
                           "pass_id",
                           "pass_number",
                           "pass_frequency",
                           "pass_image",
                           "low_pass_cutoff",
                           "lowPassCutoff",
                           "high_pass_filter",
                           "high_pass",
                           "low_pass",
                           "band_pass",
                           "band_pass_gain",
                           "lowpass_cutoff",
                           "bandpass",
                           "bypass",
                           "compass",
                           "compass_heading",
                           "overpass_time",
                           "pass_fail",
                           "qc_pass",
                           "pass_rate",
                           "pass_percentage",
                           "first_pass_yield",
                           "pass_through",
                           "token_refresh_interval",
                           "token_refresh_hours",
                           "password_min_chars",
                           "password_min_length",
                           "password_max_age_days",
                           "password_history",
                           "password_rotation_days",
                           "token_lifetime",
                           "tokenLifetime",
                           "token_expires_in",
                           "token_expiry",
                           "token_bucket_size",
                           "token_bucket_fill",
                           "token_type",
                           "token_count",
                           "max_tokens",
                           "tokens_used",
                           "total_tokens",
                           "login_attempts",
                           "password_attempts",
                           "password_retries",
                           "password_complexity",
                           "password_expires_soon",
                           "password_policy_custom",
                           "has_password",
                           "wifi_has_password",
                           "needs_token",
                           "hide_password",
                           "show_password",
                           "secret_version",
                           "secret_name",
                           "api_key_id",
                           "api_key_usage",
                           "api_key_quota",
                           "api_key_requests",
                           "auth_mode",
                           "wifi_authmode",
                           "authmode",
                           "auth_type",
                           "author",
                           "keyframe",
                           "key_count",
                           "pinMode",
                           "pin_mode",
                           "pin_count",
                           "spin_rate",
                           "wind_spin",
                           "ping",
                           "pressure_key_figures",
                           "hockey",
                           "whiskey_key",
                           "precipitation",
                           "pass_summary",
                           "gust_key_hours",
                           "token_requests_left",
                           "radar_pass",
                           "flyby_pass",
                           "ascending_pass",
                           "pass_snr",
                           "pass_tle",
                           "pass_catalog_number",
                           "token_valid_until",
                           "token_owner",
                           "password_protected",
                           "pass_ground_station",
                           "pass_height_km",
                           "pass_solar_angle",
                           "pass_polar_plot",
                           "pass_observer_site",
                           "pass_sun_elevation_deg",
                           "pass_height",
                           "station_pass_height",
                           "home_pass_polar_plot",
                           "wifi_pass_rate",
                           "second_pass_yield",
                           "token_refreshed_at",
                           "feed_key",
                           "primary_key"}) {
    CAPTURE(name);
    CHECK_FALSE(sniff::is_secret_name(name));
  }
}

TEST_CASE("sniff/secrets: a receiver's report of a satellite holds none") {
  const std::string report =
      R"({"sat":"NOAA 19","pass_elevation":62,"next_pass_azimuth":181,"pass_direction":"northbound",)"
      R"("low_pass_cutoff":0.25,"token_refresh_interval":3600,"password_min_chars":8})";
  CHECK(body("application/json", report).empty());
  CHECK(test::masked("application/json", report) == report);
}

TEST_CASE(
    "sniff/secrets: small numbers far behind a secret's name, and ports of boards, are none") {
  const std::string type = "application/json";
  for (const char* text :
       {R"({"token_of_some_kettle":3600})", R"({"token_wait_a_while":"0.25"})",
        R"({"rain_pin":"GPIO4"})", R"({"led_pin":"D5"})", R"({"vane_pin":"A0"})"}) {
    CAPTURE(text);
    CHECK(body(type, text).empty());
  }
  CHECK(body("application/yaml", "  pin: GPIO16\n").empty());
  CHECK(body(type, R"({"password_guest_wifi":"12345678"})") ==
        Notes{"json field|password_guest_wifi|12345678"});
  for (const char* name : {"password_guest_wifi", "password_of_ap", "password_wifi_2g"}) {
    CAPTURE(name);
    CHECK(body(type, std::string("{\"") + name + R"(":"12345"})") ==
          Notes{std::string("json field|") + name + "|12345"});
    CHECK(body("application/x-www-form-urlencoded", std::string(name) + "=12345") ==
          Notes{std::string("form field|") + name + "|12345"});
  }
  CHECK(body(type, R"({"passcode_front_door":"4711"})") ==
        Notes{"json field|passcode_front_door|4711"});
  CHECK(body(type, R"({"pincode_front_door":4711})") ==
        Notes{"json field|pincode_front_door|4711"});
  CHECK(body(type, R"({"token_home":3600})") == Notes{"json field|token_home|3600"});
  CHECK(body(type, R"({"pin":"1234"})") == Notes{"json field|pin|1234"});
  CHECK(body(type, R"({"pin":"D4711"})") == Notes{"json field|pin|D4711"});
}

TEST_CASE("sniff/secrets: what may be a board's pin or a satellite's pass is hidden, not told") {
  const std::string type = "application/json";
  for (const auto& [name, value] :
       {std::pair("door_pin", "D5"), std::pair("simPin", "A10"),
        std::pair("second_pass", "Kestrel"), std::pair("firstPass", "Kestrel")}) {
    CAPTURE(name);
    const std::string said = std::string(":\"") + value + "\"}";
    const std::string text = std::string("{\"") + name + "\"" + said;
    CHECK(body(type, text).empty());
    CHECK(test::masked(type, text).find(said) == std::string::npos);
    const std::string line = std::string(name) + ": " + value + "\n";
    CHECK(body("text/plain", line).empty());
    CHECK(test::masked("text/plain", line).find(value) == std::string::npos);
  }
  CHECK(test::masked(type, R"({"door_pin":"GPIO4"})") == R"({"door_pin":"GPIO4"})");
  CHECK(test::masked(type, R"({"rain_pin":"D5"})") == R"({"rain_pin":"D5"})");
  CHECK(body(type, R"({"door_pin":"4711"})") == Notes{"json field|door_pin|4711"});
}
