/* Collection: whether a presence was collected meanwhile does not show to the vat. */
#include "tests/unit/vat/rig.h"

/* Each method is told of a presence twice; in between the vat keeps no more of it than `keep` did.
 */
static const char program[] =
    "const { getPrototypeOf, getOwnPropertyDescriptor } = Object;\n"
    "const face = getPrototypeOf;\n"
    "const kept = []; const map = new Map(); const seen = new Set();\n"
    "const weak = new WeakMap(); const noted = new WeakSet();\n"
    "export const buildRootObject = () => Far('root', {\n"
    "  keepFace: o => void kept.push(face(o)), sameFace: o => kept.includes(face(o)),\n"
    "  mapFace: o => void map.set(face(o), 'face'), mappedFace: o => map.get(face(o)) ?? 'none',\n"
    "  weakFace: o => void weak.set(face(o), 'face'), weakOfFace: o => weak.get(face(o)) ?? "
    "'none',\n"
    "  weakBoth: o => void weak.set(o, 'it').set(face(o), 'face'),\n"
    "  weakOfBoth: o => [weak.get(o), weak.get(face(o))],\n"
    "  noteFace: o => void noted.add(face(o)),\n"
    "  unnoteFace: o => [noted.has(face(o)), noted.delete(face(o)), noted.delete(face(o)),\n"
    "                    noted.has(face(o))],\n"
    "  nothing() {} });";

/* Does the vat tell that it let go of o-50? */
static bool reap(struct rig *r)
{
    CU_ASSERT_EQUAL(rig_deliver(r, "['bringOutYourDead']"), HS_OK);
    CU_ASSERT_STRING_EQUAL(buffer_text(&r->result), "['ok',null,null]");
    return strstr(buffer_text(&r->requests), "['dropImports','o-50']") != NULL ||
           strstr(buffer_text(&r->requests), "['dropImports',['o-50']]") != NULL;
}

static void tell(struct rig *r, const char *method)
{
    char body[128];

    (void)snprintf(body, sizeof body, "['%s',['$0.Alleged: other']]", method);
    CU_ASSERT_EQUAL(rig_call(r, body, "['o-50']"), HS_OK);
}

/* `collected`: what is kept does not hold the presence itself. */
static void check(const char *keep, const char *look, bool collected, const char *seen)
{
    struct rig reaped, idle;

    rig_start(&reaped, program);
    rig_start(&idle, program);
    tell(&reaped, keep);
    tell(&idle, keep);
    CU_ASSERT_EQUAL(reap(&reaped), collected);
    CU_ASSERT_EQUAL(rig_call_plain(&idle, "nothing"), HS_OK);
    tell(&reaped, look);
    tell(&idle, look);
    CU_ASSERT_STRING_EQUAL(buffer_text(&reaped.requests), buffer_text(&idle.requests));
    if (!strstr(buffer_text(&reaped.requests), seen)) {
        (void)printf("\n    %s, %s: wanted %s, got %s", keep, look, seen,
                     buffer_text(&reaped.requests));
        CU_FAIL("the vat sees something else");
    }
    rig_close(&reaped);
    rig_close(&idle);
}

static void face__holds_its_presence(void)
{
    check("nothing", "sameFace", true, "#false");
    check("keepFace", "sameFace", false, "#true");
    check("mapFace", "mappedFace", false, "#'face'");
}

static void face__is_found_in_weak_collections(void)
{
    check("weakFace", "weakOfFace", true, "#'face'");
    check("weakBoth", "weakOfBoth", true, "#['it','face']");
    check("noteFace", "unnoteFace", true, "#[true,true,false,false]");
}

/* The vat recognizes it as long as something is kept under its face alone, and no longer. */
static void face__is_recognized(void)
{
    static const char retired[] = "['syscall',['retireImports',['o-50']]]";
    struct rig r;

    rig_start(&r, program);
    tell(&r, "noteFace");
    CU_ASSERT_TRUE(reap(&r));
    CU_ASSERT_PTR_NULL(strstr(buffer_text(&r.requests), retired));
    tell(&r, "unnoteFace");
    CU_ASSERT_TRUE(reap(&r));
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&r.requests), retired));
    tell(&r, "weakBoth");
    CU_ASSERT_TRUE(reap(&r));
    CU_ASSERT_PTR_NULL(strstr(buffer_text(&r.requests), retired));
    CU_ASSERT_EQUAL(rig_deliver(&r, "['retireImports',['o-50']]"), HS_OK);
    tell(&r, "weakOfBoth"); /* another one, as far as anybody knows */
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&r.requests), "#['#undefined','#undefined']"));
    rig_close(&r);
}

static const struct suite_case cases[] = {
    SUITE_CASE(face__holds_its_presence),
    SUITE_CASE(face__is_found_in_weak_collections),
    SUITE_CASE(face__is_recognized),
};

int main(int argc, char **argv)
{
    return RIG_MAIN("vat collection", cases, argc, argv);
}
