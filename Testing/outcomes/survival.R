# What R's survival and MatchIt make of simulated cohorts: Rscript survival.R FOLDER > results.json
# FOLDER has cohort.csv, sets.csv and matching.csv, which record_r.py writes.
suppressPackageStartupMessages({
  library(survival)
  library(MatchIt)
  library(jsonlite)
})
folder <- commandArgs(trailingOnly = TRUE)[1]
tight <- coxph.control(eps = 1e-14, iter.max = 50, toler.chol = 1e-14)

d <- read.csv(file.path(folder, "cohort.csv"))
fit <- coxph(Surv(time, event) ~ burden + age + male, d, ties = "efron", control = tight, x = TRUE)
robust <- coxph(Surv(time, event) ~ burden + age + male, d, ties = "efron", control = tight, cluster = patient)
grouped <- coxph(Surv(time, event) ~ factor(group) + age, d, ties = "efron", control = tight)
zph <- cox.zph(fit, transform = "km")
zph_terms <- cox.zph(grouped, transform = "km")
single <- coxph(Surv(time, event) ~ burden, d, ties = "efron", control = tight)
concordance_of <- function(model) concordance(model)$concordance
mean_risk <- function(model, at) 1 - as.vector(summary(survfit(model, newdata = d), times = at)$surv)
cox <- list(
  coefficients = unname(coef(fit)), covariance = unname(vcov(fit)), log_likelihood = fit$loglik,
  robust_covariance = unname(vcov(robust)), wald = unname(fit$wald.test),
  grouped = unname(coef(grouped)), zph = unname(zph$table), zph_terms = unname(zph_terms$table),
  concordance = concordance_of(fit), concordance_single = concordance_of(single),
  risk_at_5 = mean_risk(fit, 5)
)

curves <- survfit(Surv(time, event) ~ group, d, conf.type = "log-log")
at <- summary(curves, times = c(0, 2, 4, 6), extend = TRUE)
difference <- survdiff(Surv(time, event) ~ group, d)
survival <- list(
  group = as.character(at$strata), time = at$time, at_risk = at$n.risk, survival = at$surv,
  lower = at$lower, upper = at$upper, chisq = difference$chisq
)

s <- read.csv(file.path(folder, "sets.csv"))
one <- clogit(case ~ burden + male + strata(set), s, method = "exact", control = tight)
efron <- clogit(case ~ burden + male + strata(set), s, method = "efron", control = tight)
conditional <- list(
  exact = unname(coef(one)), exact_covariance = unname(vcov(one)),
  efron = unname(coef(efron)), log_likelihood = one$loglik
)

m <- read.csv(file.path(folder, "matching.csv"))
# MatchIt 4.5.1's quick way for propensity scores does not always take the nearest control (see `quick`: 0.497 is nearer
# to 0.489 than 0.474 is); with a matrix of distances it does. So the scores are MatchIt's, and their distances a matrix,
# in the order in which "largest" lets them choose.
quick <- matchit(t ~ x, data.frame(t = c(1, 1, 1, 0, 0, 0, 0), x = 1:7), method = "nearest",
                 distance = c(.7, .6, .489, .69, .59, .497, .474))$match.matrix[3, 1]
score <- unname(matchit(treated ~ age + burden, m, method = "nearest", distance = "glm",
                        distance.options = list(epsilon = 1e-14))$distance)
order <- order(score, decreasing = TRUE)
sorted <- m[order, ]
between <- outer(score[order], score[order], function(a, b) abs(a - b))
dimnames(between) <- list(rownames(sorted), rownames(sorted))
matched <- function(caliper = NULL, ...) {
  found <- suppressWarnings(matchit(treated ~ age + burden, sorted, method = "nearest", distance = between,
    m.order = "data", caliper = if (!is.null(caliper)) caliper * sd(score), std.caliper = FALSE, ...))
  list(rows = as.integer(rownames(found$match.matrix)),
       pairs = unname(apply(found$match.matrix, 2, as.integer)))
}
matching <- list(
  score = score, quick_takes = as.integer(quick),
  plain = matched(), two = matched(ratio = 2), caliper = matched(caliper = 0.05, ratio = 2),
  exact = matched(exact = ~male, caliper = 0.2)
)

results <- list(
  versions = list(R = R.version.string, survival = as.character(packageVersion("survival")),
                  MatchIt = as.character(packageVersion("MatchIt"))),
  sums = list(time = sum(d$time), burden = sum(d$burden), set_burden = sum(s$burden), age = sum(m$age)),
  cox = cox, survival = survival, conditional = conditional, matching = matching
)
cat(toJSON(results, digits = NA, auto_unbox = TRUE, na = "null", pretty = FALSE))
