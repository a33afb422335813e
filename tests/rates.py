"""Settings by which tests of other things meet no limits, no senders and no outages; tests of those set their own."""

HIGH = "sync_push=1000000,sync_pull=1000000,catalog=1000000,ocr=1000000"
UNLIMITED = {
    "MEDTIME_RATE_FREE": HIGH,
    "MEDTIME_RATE_PRO": HIGH,
    "MEDTIME_RATE_PERFECT": HIGH,
    "MEDTIME_RATE_ADDRESS": "10000000",
    "MEDTIME_RATE_SIGN_IN": "10000000",
    "MEDTIME_CONCURRENT_REQUESTS": "2000",
    # A slow moment of the machine is no outage of Redis.
    "MEDTIME_REDIS_TIMEOUT": "5",
}
QUIET = {"MEDTIME_FUNCTIONS_URL": ""}
