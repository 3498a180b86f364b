"""An RTSP server for tests: gst-rtsp-server with the sources that the command line describes.

Reads one JSON object from standard input's first line: {"port": 0, "mounts": {"/path": {"launch": "...", "protocols": "udp"|"tcp"|"both"}},
"authentication": "basic"|"digest" (optional), "user": "...", "password": "..."}. Prints "ready <port>" once it listens.
"""

import json
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
gi.require_version("GstRtsp", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

PROTOCOLS = {
    "udp": GstRtsp.RTSPLowerTrans.UDP,
    "tcp": GstRtsp.RTSPLowerTrans.TCP,
    "both": GstRtsp.RTSPLowerTrans.UDP | GstRtsp.RTSPLowerTrans.TCP,
}


def authentication(kind, user, password):
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    if kind == "digest":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(user, password, token)
    else:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC)
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    return auth


def factory_of(mount, protected):
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch("( " + mount["launch"] + " )")
    factory.set_shared(mount.get("shared", True))
    factory.set_protocols(PROTOCOLS[mount.get("protocols", "both")])
    if protected:
        permissions = GstRtspServer.RTSPPermissions()
        permissions.add_role("viewer")
        permissions.add_permission_for_role("viewer", "media.factory.access", True)
        permissions.add_permission_for_role("viewer", "media.factory.construct", True)
        factory.set_permissions(permissions)
    return factory


def main():
    options = json.loads(sys.stdin.readline())
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(options.get("port", 0)))
    kind = options.get("authentication")
    if kind:
        server.set_auth(authentication(kind, options["user"], options["password"]))
    for path, mount in options["mounts"].items():
        server.get_mount_points().add_factory(path, factory_of(mount, bool(kind)))
    if not server.attach(None):
        sys.exit("the port is taken")
    print("ready", server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


main()
